import { performance } from 'node:perf_hooks';
import type { OutcomeState, OutcomeView } from '../../core/outcome/outcome.ts';
import { printDuration } from '../output/age.ts';
import type { Query } from '../client/api-client.ts';
import { type Context, pollMsOf } from '../client/context.ts';
import { CliFailure, EXIT, type ExitStatus } from '../terminal/exit-status.ts';
import { pause } from './pause.ts';
import { printTime } from '../output/print-time.ts';
import type { OutcomeClient } from '../client/outcome-client.ts';
import { countOutcomes, failureLines, outcomeLines } from '../show/outcome-lines.ts';

export type Waiting = {
  readonly client: OutcomeClient;
  /** What to ask for: image and digest, or a delivery; clusters. */
  readonly query: Query;
  /** The same in a few words, for people. */
  readonly about: string;
  readonly timeoutMs: number;
  /** Keeps waiting while a gate or a freeze is closed. */
  readonly throughGates: boolean;
  /** Whether an image that no service uses counts as success. */
  readonly allowNone: boolean;
};

export type Waited = { readonly status: ExitStatus; readonly view: OutcomeView | null };

/** The default timeout. */
export const USUAL_TIMEOUT_MS = 10 * 60_000;
/** The longest that the helper waits with its answer. */
const LONGEST_POLL_MS = 60_000;
/** Not a real version, so the first answer comes at once. */
const NOTHING_KNOWN = 'none';

/** Waits until nothing is pending, and prints each change. */
export const waitForOutcome = async (context: Context, waiting: Waiting): Promise<Waited> => {
  const { deps, json, note } = context;
  const progress = context.progress();
  const told = createTold(context);
  const startedAt = performance.now();
  const elapsed = (): number => performance.now() - startedAt;
  let view: OutcomeView | null = null;
  let isAway = false;
  try {
    for (;;) {
      const left = waiting.timeoutMs - elapsed();
      if (left <= 0) return { status: EXIT.unknown, view };
      try {
        view = await waiting.client.ask({
          ...waiting.query,
          // After a restart, another helper process knows the same.
          since: view?.since,
          known: view?.version ?? NOTHING_KNOWN,
          wait: `${Math.ceil(Math.min(left, LONGEST_POLL_MS))}ms`,
        });
        isAway = false;
      } catch (error) {
        if (!(error instanceof CliFailure) || !error.mayPass) throw error;
        if (!isAway) note(`${error.message}; trying again`);
        isAway = true;
        await pause(Math.min(pollMsOf(deps), Math.max(left, 0)), deps.signal);
        continue;
      }
      progress.clear();
      if (!json) told(view, waiting);
      const isOver =
        view.state !== 'pending' && !(view.state === 'waiting' && waiting.throughGates);
      if (isOver) return { status: statusOf(view, waiting), view };
      progress.show(`${progressText(view)}, ${printDuration(elapsed())}`);
    }
  } finally {
    progress.clear();
  }
};

const progressText = (view: OutcomeView): string =>
  view.services.length === 0 ? 'waiting …' : countOutcomes(view);

/** Prints each service whose state has changed. */
const createTold = (context: Context): ((view: OutcomeView, waiting: Waiting) => void) => {
  const { deps, note, print } = context;
  const before = new Map<string, string>();
  let saidNothing = false;
  return (view, { about }) => {
    if (view.reason === 'no-push' && view.deliveries.length === 0 && !saidNothing) {
      note(`no webhook about ${about} has arrived yet`);
      saidNothing = true;
    }
    const at = printTime(new Date(deps.now()).toISOString(), deps.now());
    for (const { key, text } of outcomeLines(context, view)) {
      if (before.get(key) === text) continue;
      before.set(key, text);
      print(`${at}  ${text}`);
    }
  };
};

/** A state that only a newer helper knows leaves the result open. */
const STATUS_OF: Readonly<Record<OutcomeState, ExitStatus>> = {
  succeeded: EXIT.well,
  failed: EXIT.failed,
  'no-service': EXIT.failed,
  waiting: EXIT.waiting,
  pending: EXIT.unknown,
  unknown: EXIT.unknown,
};

const statusOf = ({ state }: OutcomeView, { allowNone }: Waiting): ExitStatus =>
  state === 'no-service' && allowNone ? EXIT.well : (STATUS_OF[state] ?? EXIT.unknown);

/** Prints how it ended, and what to do about it. */
export const tellEnd = (context: Context, { view }: Waited, waiting: Waiting): void => {
  const { note, print } = context;
  const { about, timeoutMs } = waiting;
  const within = `within ${printDuration(timeoutMs)}`;
  if (view === null) {
    note(`the helper did not answer ${within}`);
    return;
  }
  print(...failureLines(context, view));
  const counts = countOutcomes(view);
  switch (view.state) {
    case 'pending':
      note(
        view.reason === 'no-push'
          ? `no webhook about ${about} arrived ${within}: is one set up, and does it name this image? cd-helper deliveries`
          : `not ended ${within}${counts === '' ? '' : `: ${counts}`}`,
      );
      return;
    case 'no-service':
      note(`no service uses ${about}, or all of them are excluded or pinned`);
      return;
    case 'succeeded':
    case 'failed':
    case 'unknown':
    case 'waiting':
      print(`${view.state}${counts === '' ? '' : `: ${counts}`}`);
  }
};
