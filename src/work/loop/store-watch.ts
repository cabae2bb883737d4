import type { Log } from '../../core/log.ts';
import type { StoreReason, StoreView } from '../../core/contract/views.ts';
import { type CheckFiles, StoreLost } from '../../store/sqlite/store-files.ts';
import type { Clock } from './clock.ts';
import { runLoop } from './run-loop.ts';
import { StoreFailure } from '../../core/store-failure.ts';

/** Whether the store accepts what the helper must store, by the last check. */
export type StoreWatch = {
  /** The last known state; no I/O. */
  readonly known: () => StoreView;
  /** Checks by writing to the disk. Concurrent callers share the answer. Never rejects. */
  readonly ask: () => Promise<StoreView>;
  /** Watches the store's files until the signal is aborted. While the store accepts no writes, it asks again. */
  readonly run: (signal: AbortSignal) => Promise<void>;
};

/** Missing files are noticed in less than a second. */
const FILES_EVERY_MS = 500;
/** Rounds between two checks of a store that accepts no writes, because each check writes to it. */
const ROUNDS_TO_ASK = 10;

const WRITABLE: StoreView = { state: 'writable', reason: null, detail: null, since: null };

const reasonOf = (error: unknown): StoreReason => {
  if (error instanceof StoreLost) return error.code;
  return error instanceof StoreFailure ? error.kind : 'refuses-writes';
};

/** How often one kind of short failure is logged. */
const LOG_EVERY_MS = 60_000;

export type StoreWatchDeps = {
  readonly checkFiles: CheckFiles;
  /** The newest failure of the database server since the last call. */
  readonly takeFailure?: (() => StoreFailure | null) | undefined;
  /** Rejects if a delivery could not be stored now. */
  readonly rehearse: () => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  /** Called on each change. */
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
    if (state === 'writable') log.info('the store is writable again');
    else log.error('the store is not writable: webhooks are refused', { reason, detail });
    // Requests still get the state, even if this message is lost.
    deps.changed(view).catch((error: unknown) => {
      log.error('a change of the store was not reported', { error });
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
  /** After a query failed elsewhere: finds out whether the store is down, or failed only for a moment. */
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
      const meaning = 'the loss of the store is noticed late';
      await runLoop({ clock, log }, { name: 'store watch', meaning, round }, signal);
    },
  };
};
