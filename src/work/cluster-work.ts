import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  openDeployments,
  type OpenDeployment,
  postpone,
} from '../store/deployments/deployments.ts';
import { makeDueAgain } from '../store/query/due-again.ts';
import { claimCheck, nextCheckAt, releaseChecks } from '../store/check-queue/check-queue.ts';
import { createGoodChecks } from './cluster/good-checks.ts';
import { logOutagesOnce } from './cluster/log-outages-once.ts';
import { createPlaces } from './cluster/places.ts';
import { createPushAges } from './cluster/push-ages.ts';
import type { StuckUpdates } from './cluster/stuck-updates.ts';
import { keepGates } from './check/keep-gates.ts';
import { createKnownServices } from './shortcuts/known-services.ts';
import { checkImage, failCheck } from './check/check-image.ts';
import { createOwnService, isItsTurn } from './cluster/own-service.ts';
import { carryOut } from './rollout/carry-out.ts';
import type { RolloutDeps } from './rollout/rollout-deps.ts';
import { createRecentList } from './shortcuts/recent-list.ts';
import { createSeenDigests } from './shortcuts/seen-digests.ts';
import { ALL_SHORTCUTS, type Shortcuts } from './shortcuts/shortcuts.ts';
import { createBell } from './loop/bell.ts';
import { watchClock } from './loop/clock-watch.ts';
import { keepTrying } from './loop/keep-trying.ts';
import { runLoop } from './loop/run-loop.ts';

export type ClusterWorkOptions = Omit<RolloutDeps, 'ownServiceId' | 'seen' | 'recent'> & {
  readonly stuck: StuckUpdates;
  /** Ids, or beginnings of ids, that our container may have; empty outside a container. */
  readonly ownContainerIds?: readonly string[];
  readonly shortcuts?: Shortcuts;
  /** Maximum number of services whose tasks may restart at one time. */
  readonly maxParallel: number;
};

export type ClusterWork = {
  /** New work may wait in the store. */
  readonly wake: () => void;
  /** A check may wait in the store, but no new deployment. */
  readonly wakeChecks: () => void;
  /** Works until the signal is aborted; resolves when everything under way has stopped. */
  readonly run: (signal: AbortSignal) => Promise<void>;
};

/** Checks of one cluster that may run at one time; each costs one list and a few HEAD requests. */
const LOOKS_AT_ONCE = 4;
const LONGEST_SLEEP_MS = 60_000;
/** Rollouts that may be followed at one time, whether or not they restart tasks: each is observed every second. */
const MOST_FOLLOWED = 200;
/** A place may also become free because nothing moves for a while. */
const PLACES_AGAIN_MS = 1_000;
/** Pause after an internal error. */
const AFTER_ERROR_MS = 5_000;

/**
 * The work of one cluster, which waits for no other cluster: due checks, and deployments. At most `maxParallel`
 * deployments restart tasks at one time, and each service has at most one. What a person asked for does not wait for
 * a place.
 */
export const createClusterWork = (options: ClusterWorkOptions): ClusterWork => {
  const { db, clock, cluster } = options;
  const log = logOutagesOnce(options.log.child({ cluster: cluster.name }), clock.monotonic);
  const ownService = createOwnService({
    cluster,
    containerIds: options.ownContainerIds ?? [],
    clock,
    log,
  });
  const shortcuts = options.shortcuts ?? ALL_SHORTCUTS;
  const known = createKnownServices(shortcuts.knownServices);
  const checksBell = createBell(clock);
  const rolloutsBell = createBell(clock);
  const gatesBell = createBell(clock);
  const goodChecks = createGoodChecks({ cluster, db, clock, log });
  const deps = {
    ...options,
    log,
    known,
    seen: createSeenDigests(shortcuts.seenDigests),
    recent: createRecentList(shortcuts.recentList),
    ages: createPushAges(),
    ownServiceId: ownService.id,
    onQueued: rolloutsBell.ring,
  };
  const looking = new Set<Promise<unknown>>();
  /** Deployments in progress, by service. */
  const rolling = new Map<
    string,
    { id: string; superseded: AbortController; done: Promise<void> }
  >();

  const startCheck = async (signal: AbortSignal): Promise<boolean> => {
    const now = clock.now();
    const last = deps.recent.missedSecret({ now, monotonic: clock.monotonic() });
    const work = await claimCheck(db, cluster.name, now, last);
    if (work === null) return false;
    const done = checkImage(deps, work, signal)
      .catch(async (error: unknown) => {
        if (signal.aborted) return;
        log.error('check broke', { image: work.name, error });
        // Otherwise nothing would check this repository again before the next start.
        const detail = 'an error of the helper itself, see its log';
        const what = 'the end of a check that broke';
        await keepTrying({ clock, log }, what, () => failCheck(deps, work, detail), signal);
      })
      .finally(() => {
        looking.delete(done);
        gatesBell.ring();
        checksBell.ring();
      });
    looking.add(done);
    return true;
  };

  const checks = async (signal: AbortSignal): Promise<void> => {
    const wentBack = watchClock(clock);
    const round = async (): Promise<number> => {
      // The clock behind the store's due times may have been set back. Due times then lie too far ahead.
      if (wentBack()) await makeDueAgain(db, cluster.name, clock.now());
      while (looking.size < LOOKS_AT_ONCE && !signal.aborted) {
        if (!(await startCheck(signal))) {
          const next = await nextCheckAt(db, cluster.name);
          return next === null ? LONGEST_SLEEP_MS : Math.max(next - clock.now(), 0);
        }
        // The event that this loop waits for may have arrived meanwhile.
        await nextTurn();
      }
      return LONGEST_SLEEP_MS;
    };
    await runLoop(
      { clock, log },
      { name: 'checks', meaning: 'pushes wait', round, bell: checksBell },
      signal,
    );
    await Promise.all(looking);
  };

  /** Whether a deployment is due but has to wait for a place. */
  let isAnyHeldBack = false;
  const places = createPlaces(options.maxParallel, clock.monotonic, () => {
    if (isAnyHeldBack && places.areFree()) rolloutsBell.ring();
  });

  const startRollout = (deployment: OpenDeployment, signal: AbortSignal): void => {
    const { id, serviceId } = deployment;
    places.take(serviceId, deployment.state === 'verifying');
    const watched = { ...deps, cluster: places.watch(serviceId, cluster) };
    const superseded = new AbortController();
    const either = AbortSignal.any([signal, superseded.signal]);
    const done = carryOut(watched, id, either)
      .catch(async (error: unknown) => {
        if (either.aborted) return;
        log.error('rollout broke', { deployment: id, error });
        const what = 'the next try of a deployment that broke';
        const putOff = (): Promise<void> => postpone(db, id, clock.now(), AFTER_ERROR_MS);
        await keepTrying({ clock, log }, what, putOff, either);
      })
      .finally(() => {
        rolling.delete(serviceId);
        places.leave(serviceId);
        rolloutsBell.ring();
        goodChecks.wake();
        gatesBell.ring();
      });
    rolling.set(serviceId, { id, superseded, done });
  };

  const rollouts = async (signal: AbortSignal): Promise<void> => {
    const wentBack = watchClock(clock);
    const round = async (): Promise<number> => {
      if (wentBack()) await makeDueAgain(db, cluster.name, clock.now());
      const open = await openDeployments(db, cluster.name);
      const ids = new Set(open.map((deployment) => deployment.id));
      for (const { id, superseded } of rolling.values()) if (!ids.has(id)) superseded.abort();
      const told = await ownService.learn(signal);
      if (told === 'untold') return open.length === 0 ? LONGEST_SLEEP_MS : AFTER_ERROR_MS;
      let wait = LONGEST_SLEEP_MS;
      isAnyHeldBack = false;
      for (const deployment of open.toSorted(byUrgency)) {
        if (rolling.has(deployment.serviceId)) continue;
        const now = clock.now();
        const due = deployment.runAt - now;
        const active = new Set(rolling.keys());
        if (due > 0) wait = Math.min(wait, due);
        else if (!isItsTurn(deployment, { open, own: ownService.id(), active }, now)) continue;
        else if (needsNoPlace(deployment) || (rolling.size < MOST_FOLLOWED && places.areFree()))
          startRollout(deployment, signal);
        else isAnyHeldBack = true;
      }
      return isAnyHeldBack ? Math.min(wait, PLACES_AGAIN_MS) : wait;
    };
    await runLoop(
      { clock, log },
      { name: 'rollouts', meaning: 'deployments wait', round, bell: rolloutsBell },
      signal,
    );
    await Promise.all([...rolling.values()].map(({ done }) => done));
  };

  return {
    wake: () => {
      checksBell.ring();
      gatesBell.ring();
      rolloutsBell.ring();
    },
    wakeChecks: checksBell.ring,
    run: async (signal) => {
      const release = (): Promise<void> => releaseChecks(db, cluster.name, clock.now());
      await keepTrying({ clock, log }, 'work left by the previous process', release, signal);
      await Promise.all([
        checks(signal),
        rollouts(signal),
        goodChecks.run(signal),
        keepGates({ ...deps, bell: gatesBell }, signal),
      ]);
    },
  };
};

/** An update that was sent continues in any case, and a person does not wait behind automatic deployments. */
const needsNoPlace = ({ state, isAsked }: OpenDeployment): boolean =>
  state === 'verifying' || isAsked;

/** The sort is stable: equal entries keep the order in which they were queued. */
const byUrgency = (one: OpenDeployment, other: OpenDeployment): number =>
  Number(needsNoPlace(other)) - Number(needsNoPlace(one));
