import type { Log } from '../../core/log.ts';
import type { StoreReason, StoreView } from '../../core/contract/views.ts';
import { type CheckFiles, StoreLost } from '../../store/sqlite/store-files.ts';
import type { Clock } from './clock.ts';
import { runLoop } from './run-loop.ts';
import { StoreFailure } from '../../core/store-failure.ts';

/** Whether the store takes what the helper accepts, as somebody found last. */
export type StoreWatch = {
  /** Costs nothing. */
  readonly known: () => StoreView;
  /** Finds out, by writing to the disk; those who ask meanwhile share the answer. Never rejects. */
  readonly ask: () => Promise<StoreView>;
  /** Looks at the store's files until the signal is aborted, and while it takes nothing, asks it again. */
  readonly run: (signal: AbortSignal) => Promise<void>;
};

/** Files that are gone are noticed in less than a second. */
const FILES_EVERY_MS = 500;
/** Rounds between two questions to a store that takes nothing: it is written to each time. */
const ROUNDS_TO_ASK = 10;

const WRITABLE: StoreView = { state: 'writable', reason: null, detail: null, since: null };

const reasonOf = (error: unknown): StoreReason => {
  if (error instanceof StoreLost) return error.code;
  return error instanceof StoreFailure ? error.kind : 'refuses-writes';
};

/** A kind of failure that passes at once is logged this often. */
const LOG_EVERY_MS = 60_000;

export type StoreWatchDeps = {
  readonly checkFiles: CheckFiles;
  /** The newest failure of the database server since this was asked last. */
  readonly takeFailure?: (() => StoreFailure | null) | undefined;
  /** Rejects where a delivery could not be stored now. */
  readonly rehearse: () => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  /** Is told each change. */
  readonly changed: (store: StoreView) => Promise<void>;
};

export const createStoreWatch = (deps: StoreWatchDeps): StoreWatch => {
  const { checkFiles, rehearse, clock, log } = deps;
  let known: StoreView = WRITABLE;
  let asking: Promise<StoreView> | null = null;

  const set = (view: StoreView): StoreView => {
    if (view.state === known.state && view.reason === known.reason) return known;
    known = view;
    const { state, reason, detail } = view;
    if (state === 'writable') log.info('the store can be written again');
    else log.error('the store cannot be written: hooks are refused', { reason, detail });
    // Requests still get the state, even if this message is lost.
    deps.changed(view).catch((error: unknown) => {
      log.error('change of the store not reported', { error });
    });
    return known;
  };

  const refused = (error: unknown): StoreView => ({
    state: 'not-writable',
    reason: reasonOf(error),
    detail: error instanceof Error ? error.message : String(error),
    since: known.since ?? new Date(clock.now()).toISOString(),
  });

  const find = async (): Promise<StoreView> => {
    try {
      await rehearse();
      return set(WRITABLE);
    } catch (error) {
      return set(refused(error));
    } finally {
      asking = null;
    }
  };
  const ask = (): Promise<StoreView> => {
    asking ??= find();
    return asking;
  };
  const loggedAt = new Map<string, number>();
  /** Whether somebody else's query failed: either the store is out, or it was for a moment. */
  const followUp = async (failure: StoreFailure): Promise<void> => {
    const { state } = await ask();
    const { kind, message } = failure;
    const last = loggedAt.get(kind) ?? Number.NEGATIVE_INFINITY;
    if (state !== 'writable' || clock.monotonic() - last < LOG_EVERY_MS) return;
    loggedAt.set(kind, clock.monotonic());
    log.warn('the store failed for a moment', { reason: kind, detail: message });
  };

  return {
    known: () => known,
    ask,
    run: async (signal) => {
      let rounds = 0;
      const round = async (): Promise<number> => {
        rounds += 1;
        try {
          checkFiles();
          const failure = deps.takeFailure?.() ?? null;
          if (failure !== null) void followUp(failure);
          if (known.state !== 'writable' && rounds % ROUNDS_TO_ASK === 0) void ask();
        } catch (error) {
          set(refused(error));
        }
        return FILES_EVERY_MS;
      };
      const meaning = 'a store that is lost is noticed late';
      await runLoop({ clock, log }, { name: 'store watch', meaning, round }, signal);
    },
  };
};
