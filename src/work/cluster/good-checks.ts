import type { Cluster } from '../../core/swarm/cluster.ts';
import type { Log } from '../../core/log.ts';
import { checkGood } from '../../core/rollout/good-image.ts';
import { type ImageToCheck, imagesToCheck, recordChecked } from '../../store/holds/good-images.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { type Bell, createBell } from '../loop/bell.ts';
import type { Clock } from '../loop/clock.ts';
import { runLoop } from '../loop/run-loop.ts';
import { observeService } from './observe-service.ts';

export type GoodChecksDeps = {
  readonly cluster: Pick<Cluster, 'name' | 'observe'>;
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
};

/** Finds out whether a deployed image is good, once it has run for long enough. */
export type GoodChecks = {
  /** Something may have converged. */
  readonly wake: Bell['ring'];
  readonly run: (signal: AbortSignal) => Promise<void>;
};

const LONGEST_SLEEP_MS = 60_000;

export const createGoodChecks = ({ cluster, db, clock, log }: GoodChecksDeps): GoodChecks => {
  const bell = createBell(clock);

  const check = async (image: ImageToCheck, signal: AbortSignal): Promise<void> => {
    const seen = await observeService(cluster, image.serviceId, signal);
    const now = clock.now();
    const told = typeof seen === 'object' && 'problem' in seen ? null : seen;
    const { digest, convergedAt } = image;
    const checked = checkGood({ digest, convergedAt: Math.min(convergedAt, now) }, told, now);
    await recordChecked(db, { cluster: cluster.name, ...image }, checked, now);
  };

  const round = async (signal: AbortSignal): Promise<number> => {
    const waiting = await imagesToCheck(db, cluster.name);
    let restMs = LONGEST_SLEEP_MS;
    for (const image of waiting) {
      const afterMs = image.dueAt - clock.now();
      // A convergence time in the future dates from before the clock was set back.
      if (afterMs <= 0 || image.convergedAt > clock.now()) await check(image, signal);
      else restMs = Math.min(restMs, afterMs);
    }
    return restMs;
  };

  const meaning = 'new images are not confirmed as good';
  return {
    wake: bell.ring,
    run: (signal) => runLoop({ clock, log }, { name: 'good images', meaning, round, bell }, signal),
  };
};
