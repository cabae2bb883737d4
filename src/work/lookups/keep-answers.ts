import { imageWithTag } from '../../core/image/image-reference.ts';
import type { Log } from '../../core/log.ts';
import type { LookUpFailure } from '../../core/image/published.ts';
import { keepLookUps } from '../../store/checks/commit-checks.ts';
import type { Db } from '../../store/query/db.ts';
import { readLookUpsAfter, type RememberedLookUp } from '../../store/published/published.ts';
import type { NewLookUp } from '../../store/published/new-look-up.ts';
import { type Answers, type AnswersDeps, createAnswers } from './answers.ts';
import { AT_MOST_EVERY_MS } from '../loop/once-in-a-while.ts';
import type { Clock } from '../loop/clock.ts';

export type KeptAnswersDeps = Pick<AnswersDeps, 'registries' | 'spentBudget'> & {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
};

export type KeptAnswers = Answers & {
  /** Writes no more: what was answered is kept by whoever asked. */
  readonly close: () => Promise<void>;
};

/**
 * A registry that could not be reached may be there again after the restart, above all where the network
 * went before the host did.
 */
const UNREACHABLE_FOR_MS = 60_000;

/** Failures that a restart does not put right; a sign-in may have been repaired by it. */
const LASTING: ReadonlySet<LookUpFailure> = new Set(['tag-gone', 'rate-limited', 'not-an-image']);

/** A crash loses what was answered within it: a few images of a registry, never all of them. */
const WRITE_EVERY_MS = 100;

/**
 * Answers that are written soon after they came, and that hold what was answered since the run began, if that is
 * not long ago. So a run that is interrupted goes on where it was, and however often its helper is started, an
 * image is asked for once.
 */
export const keepAnswers = async (
  deps: KeptAnswersDeps,
  run: { readonly id: string; readonly startedAt: number },
  signal: AbortSignal,
): Promise<KeptAnswers> => {
  const { db, clock, log } = deps;
  const begun = clock.now();
  const before = await readLookUpsAfter(db, Math.max(run.startedAt, begun - AT_MOST_EVERY_MS));
  const unwritten = new Map<string, NewLookUp>();
  let writing: Promise<void> | null = null;

  const write = async (): Promise<void> => {
    try {
      while (unwritten.size > 0) {
        const answers = [...unwritten.values()];
        unwritten.clear();
        await keepLookUps(db, answers, clock.now());
        await clock.wait(WRITE_EVERY_MS, signal);
      }
    } catch (error) {
      if (!signal.aborted) log.error('answers of registries not kept', { run: run.id, error });
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

const stillHolds = ({ lookUp, askedAt }: RememberedLookUp, now: number): boolean =>
  lookUp.kind === 'published' ||
  LASTING.has(lookUp.reason) ||
  (lookUp.reason === 'unreachable' && Math.abs(now - askedAt) < UNREACHABLE_FOR_MS);
