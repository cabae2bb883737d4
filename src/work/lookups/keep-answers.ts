import { imageWithTag } from '../../core/image/image-reference.ts';
import type { Log } from '../../core/log.ts';
import type { LookupFailure } from '../../core/image/published.ts';
import { keepLookups } from '../../store/checks/commit-checks.ts';
import type { Db } from '../../store/query/db.ts';
import { readLookupsSince, type RememberedLookup } from '../../store/published/published.ts';
import type { NewLookup } from '../../store/published/new-lookup.ts';
import { type Answers, type AnswersDeps, createAnswers } from './answers.ts';
import { AT_MOST_EVERY_MS } from '../loop/once-in-a-while.ts';
import type { Clock } from '../loop/clock.ts';

export type KeptAnswersDeps = Pick<AnswersDeps, 'registries' | 'spentBudget'> & {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
};

export type KeptAnswers = Answers & {
  /** Stops writing. The caller stores the answers with the end of its work. */
  readonly close: () => Promise<void>;
};

/**
 * A registry that was unreachable may be back after the restart, above all if the network went down before the host
 * did.
 */
const UNREACHABLE_FOR_MS = 60_000;

/** Failures that a restart does not fix. A sign-in may have been repaired by it. */
const LASTING: ReadonlySet<LookupFailure> = new Set(['tag-gone', 'rate-limited', 'not-an-image']);

/** A crash loses the answers of this period: a few images of a registry, never all of them. */
const WRITE_EVERY_MS = 100;

/**
 * Answers that are written to the store soon after they arrive, and that start with what was answered since the run
 * began, if that is not long ago. So an interrupted run continues where it was, and each image is looked up once,
 * however often the helper restarts.
 */
export const keepAnswers = async (
  deps: KeptAnswersDeps,
  run: { readonly id: string; readonly startedAt: number },
  signal: AbortSignal,
): Promise<KeptAnswers> => {
  const { db, clock, log } = deps;
  const begun = clock.now();
  const before = await readLookupsSince(db, Math.max(run.startedAt, begun - AT_MOST_EVERY_MS));
  const unwritten = new Map<string, NewLookup>();
  let writing: Promise<void> | null = null;

  const write = async (): Promise<void> => {
    try {
      while (unwritten.size > 0) {
        const answers = [...unwritten.values()];
        unwritten.clear();
        await keepLookups(db, answers, clock.now());
        await clock.wait(WRITE_EVERY_MS, signal);
      }
    } catch (error) {
      if (!signal.aborted)
        log.error('answers of registries were not saved', { run: run.id, error });
    } finally {
      writing = null;
    }
  };
  const answers = createAnswers({
    ...deps,
    now: clock.now,
    known: (image) => {
      const answer = before.get(imageWithTag(image));
      return answer !== undefined && stillHolds(answer, begun) ? answer : null;
    },
    onAnswer: (answer) => {
      unwritten.set(`${answer.name}:${answer.tag}`, answer);
      writing ??= write();
    },
  });
  return {
    ...answers,
    close: async () => {
      unwritten.clear();
      await writing;
    },
  };
};

const stillHolds = ({ lookup, askedAt }: RememberedLookup, now: number): boolean =>
  lookup.kind === 'published' ||
  LASTING.has(lookup.reason) ||
  (lookup.reason === 'unreachable' && Math.abs(now - askedAt) < UNREACHABLE_FOR_MS);
