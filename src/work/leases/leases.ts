import type { Log } from '../../core/log.ts';
import { LeaseLost } from '../../store/query/lease-lost.ts';
import {
  forgetInstance,
  type HeldLease,
  holdsLease,
  keepLeases,
  leaveLeases,
  readLeases,
  type TakenLease,
} from '../../store/leases/leases.ts';
import { byDatabase, readNow, type StoreTime } from '../../store/leases/store-time.ts';
import type { Instance } from '../../store/leases/instances.ts';
import type { Others } from '../../store/query/others.ts';
import type { Db, Store } from '../../store/sqlite/open-store.ts';
import { aborted } from '../loop/aborted.ts';
import { createBell } from '../loop/bell.ts';
import type { Clock } from '../loop/clock.ts';
import { runLoop } from '../loop/run-loop.ts';
import type { Lease } from './lease.ts';

export type LeasesDeps = {
  readonly db: Db;
  /** Null if only this process uses the store. It then holds every lease forever. */
  readonly fence: Store['fence'];
  /** Other instances with the same store. Default: none. */
  readonly others?: Pick<Others, 'quiet' | 'call'>;
  readonly instance: Instance;
  readonly clock: Clock;
  readonly log: Log;
  /** Called with the database's current time. */
  readonly onTime?: (storeNow: number) => void;
  /** The store's clock; only tests set it. */
  readonly time?: StoreTime;
};

/** The work that a lease is taken for. */
export type LeaseWork = (lease: Lease, signal: AbortSignal) => Promise<void>;

export type Leases = {
  /**
   * Runs the work whenever this instance holds the lease, until the signal is aborted. The work's own signal is
   * aborted as soon as the lease is lost. The lease is released after the work has stopped.
   */
  readonly hold: (name: string, work: LeaseWork, signal: AbortSignal) => Promise<void>;
  /** Renews and takes leases until the signal is aborted. Abort it only when no work needs a lease any more. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** Another instance may have released a lease. */
  readonly wake: () => void;
  /** Every lease that this instance wants, and whether it holds it. */
  readonly held: () => ReadonlyMap<string, boolean>;
  /** How often this instance took a lease that its holder had stopped renewing. */
  readonly takeOvers: () => ReadonlyMap<string, number>;
};

/** A lease ends this long after its last renewal: the longest gap after a crash. */
export const LEASE_MS = 15_000;
const RENEW_EVERY_MS = 5_000;
/** Nothing is sent with less than this left: an answer may take a while, and clocks may differ slightly in speed. */
const ACT_LEFT_MS = 10_000;
/** After a takeover, nothing is sent for this long to a cluster without a version guard. */
const OTHERS_MAY_ACT_MS = 30_000;
/** How often a waiting instance checks whether a lease was released, if no message says so. */
const ASK_EVERY_MS = 1_000;
/** An answer that took longer does not give the exact time. */
const SLOW_ANSWER_MS = 400;
/** Wait this long past the end of another instance's lease. */
const AFTER_END_MS = 20;

/** A lease that this instance holds. */
type Holding = TakenLease & {
  /** Monotonic, counted from the start of the last renewal. */
  until: number;
  readonly takenAt: number;
  readonly lost: AbortController;
};

type Wanted = {
  holding: Holding | null;
  /** The work of the last holding has not stopped yet, so the lease is not taken again. */
  isBusy: boolean;
  isOver: boolean;
  /** Rings when the lease is taken, and when it is over. */
  readonly bell: ReturnType<typeof createBell>;
};

/** Keeps the leases of one instance; see docs/adr/0045-leases-are-rows-with-a-fence.md. */
export const createLeases = (deps: LeasesDeps): Leases => {
  const { db, clock, log, instance, fence } = deps;
  const time = deps.time ?? byDatabase;
  const wanted = new Map<string, Wanted>();
  const takeOvers = new Map<string, number>();
  const bell = createBell(clock);
  /** Resolvers that wait for the next renewal, successful or not. */
  const waiting: (() => void)[] = [];

  const heldOnes = (): Holding[] => [...wanted.values()].flatMap(({ holding }) => holding ?? []);

  const lose = (name: string): void => {
    const one = wanted.get(name);
    const holding = one?.holding;
    if (one === undefined || !holding) return;
    one.holding = null;
    log.warn('lease lost: another instance may now do this work', { lease: name });
    holding.lost.abort(new LeaseLost(name));
  };

  const expire = (): void => {
    for (const { name, until } of heldOnes()) if (until <= clock.monotonic()) lose(name);
  };

  const tick = async (): Promise<void> => {
    const begun = clock.monotonic();
    const renew: readonly HeldLease[] = heldOnes();
    const take = missing();
    const lifeMs = fence === null ? null : LEASE_MS;
    // Most rounds only renew, which is no news for others.
    const kept = await keepLeases(deps.others?.quiet ?? db, {
      instance,
      renew,
      take,
      lifeMs,
      time,
    });
    const until = lifeMs === null ? Number.POSITIVE_INFINITY : begun + lifeMs;
    const renewed = new Set(kept.renewed.map(({ name }) => name));
    for (const { name, epoch } of renew) {
      const holding = wanted.get(name)?.holding;
      if (holding?.epoch !== epoch) continue;
      if (renewed.has(name)) holding.until = until;
      else lose(name);
    }
    const strays = kept.taken.filter(({ name }) => wanted.get(name)?.isOver !== false);
    for (const lease of kept.taken) {
      const one = wanted.get(lease.name);
      if (one === undefined || one.isOver) continue;
      one.holding = { ...lease, until, takenAt: clock.monotonic(), lost: new AbortController() };
      if (lease.isTakenOver) takeOvers.set(lease.name, (takeOvers.get(lease.name) ?? 0) + 1);
      if (fence !== null)
        log.info('lease taken', {
          lease: lease.name,
          epoch: lease.epoch,
          takenOver: lease.isTakenOver,
        });
      one.bell.ring();
    }
    expire();
    if (kept.taken.length > 0) void deps.others?.call().catch(() => {});
    if (strays.length > 0 && fence !== null) await leaveLeases(db, instance.id, strays, time);
  };

  /** Leases that this instance would take. */
  const missing = (): string[] =>
    [...wanted].flatMap(([name, { holding, isBusy, isOver }]) =>
      holding === null && !isBusy && !isOver ? [name] : [],
    );

  /** In how many ms one of them may be free. Only reads, so it blocks no writer. */
  const untilFree = async (): Promise<number> => {
    const names = missing();
    if (names.length === 0) return RENEW_EVERY_MS;
    const { now, leases } = await readLeases(db, time);
    const ends = names.map((name) => {
      const lease = leases.find((one) => one.name === name);
      if (lease === undefined || lease.holder === null) return 0;
      return (lease.until ?? now + LEASE_MS) - now + AFTER_END_MS;
    });
    return Math.max(0, Math.min(...ends));
  };

  let toldAt = Number.NEGATIVE_INFINITY;
  let isTold = false;
  const tellTime = async (): Promise<void> => {
    const begun = clock.monotonic();
    if (deps.onTime === undefined || begun - toldAt < RENEW_EVERY_MS) return;
    const now = await readNow(db, time);
    const tookMs = clock.monotonic() - begun;
    toldAt = begun;
    // No work starts before the first answer, so it never starts with the machine's own time.
    if (tookMs < SLOW_ANSWER_MS || !isTold) deps.onTime(now + tookMs / 2);
    isTold = true;
  };

  let renewedAt = Number.NEGATIVE_INFINITY;
  /** Whether to renew now. */
  let isAsked = true;
  const round = async (): Promise<number> => {
    try {
      await tellTime();
      if (isAsked || clock.monotonic() - renewedAt >= RENEW_EVERY_MS) {
        isAsked = false;
        await tick();
        renewedAt = clock.monotonic();
      }
    } finally {
      for (const resolve of waiting.splice(0)) resolve();
    }
    if (fence === null) return Number.POSITIVE_INFINITY;
    const freeMs = await untilFree();
    isAsked ||= freeMs === 0;
    const restMs = isAsked ? 0 : renewedAt + RENEW_EVERY_MS - clock.monotonic();
    return Math.max(0, Math.min(restMs, freeMs, ASK_EVERY_MS));
  };
  const askNow = (): void => {
    isAsked = true;
    bell.ring();
  };

  const nextTick = (): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve);
      askNow();
    });

  const leaseOf = (holding: Holding): Lease => {
    const { name } = holding;
    const isHeld = (): boolean =>
      wanted.get(name)?.holding === holding && holding.until > clock.monotonic();
    const isEnough = (): boolean => isHeld() && holding.until - clock.monotonic() >= ACT_LEFT_MS;
    const refuse = (): Error => {
      if (wanted.get(name)?.holding === holding) lose(name);
      return new LeaseLost(name);
    };
    return {
      name,
      db: fence?.({ isOpen: holdsLease(db, instance.id, holding, time), refuse }) ?? db,
      mayAct: async () => {
        if (isEnough()) return true;
        if (!isHeld()) return false;
        await nextTick();
        return isEnough();
      },
      othersMayActMs: () =>
        holding.isTakenOver
          ? Math.max(0, holding.takenAt + OTHERS_MAY_ACT_MS - clock.monotonic())
          : 0,
    };
  };

  /** Resolves with the holding, or null when the signal is aborted. */
  const taken = async (one: Wanted, signal: AbortSignal): Promise<Holding | null> => {
    while (!signal.aborted && one.holding === null) await one.bell.wait(LEASE_MS, signal);
    return signal.aborted ? null : one.holding;
  };

  const workOnce = async (one: Wanted, holding: Holding, work: LeaseWork, signal: AbortSignal) => {
    const either = AbortSignal.any([signal, holding.lost.signal]);
    one.isBusy = true;
    try {
      await work(leaseOf(holding), either);
      // Work that has nothing to do keeps its lease. Otherwise the lease would be taken again and again.
      if (!either.aborted) await aborted(either);
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error;
    } finally {
      one.isBusy = false;
    }
  };

  const leave = async (one: Wanted): Promise<void> => {
    one.isOver = true;
    const { holding } = one;
    one.holding = null;
    if (holding === null || fence === null) return;
    await leaveLeases(db, instance.id, [holding], time).catch((error: unknown) => {
      log.warn('lease not released: other instances wait until it expires', {
        lease: holding.name,
        error,
      });
    });
  };

  return {
    wake: () => bell.ring(),
    held: () => new Map([...wanted].map(([name, { holding }]) => [name, holding !== null])),
    takeOvers: () => takeOvers,
    hold: async (name, work, signal) => {
      const one: Wanted = { holding: null, isBusy: false, isOver: false, bell: createBell(clock) };
      wanted.set(name, one);
      askNow();
      try {
        for (;;) {
          const holding = await taken(one, signal);
          if (holding === null) break;
          await workOnce(one, holding, work, signal);
          askNow();
        }
      } finally {
        await leave(one);
      }
    },
    run: async (signal) => {
      const meaning = 'this instance leaves the work to the others';
      const watch = async (): Promise<number> => {
        expire();
        const ends = heldOnes().map(({ until }) => until);
        return Math.max(0, Math.min(RENEW_EVERY_MS, ...ends.map((end) => end - clock.monotonic())));
      };
      await Promise.all([
        runLoop({ clock, log }, { name: 'leases', meaning, round, bell }, signal),
        ...(fence === null
          ? []
          : [runLoop({ clock, log }, { name: 'ends of leases', meaning, round: watch }, signal)]),
      ]);
      await forgetInstance(db, instance.id).catch(() => {});
    },
  };
};
