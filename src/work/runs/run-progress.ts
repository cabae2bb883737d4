import type { Log } from '../../core/log.ts';
import type { RunProgress } from '../../core/contract/run-views.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { showRunProgress } from '../../store/runs/runs.ts';
import type { OnProgress } from '../check/check-cluster.ts';
import type { Clock } from '../loop/clock.ts';

const WRITE_EVERY_MS = 500;

export type ProgressOfRun = {
  /** Returns the function that takes one cluster's progress. */
  readonly of: (cluster: string) => OnProgress;
  /** The progress of all clusters together. */
  readonly sum: () => RunProgress;
};

/** Adds up the progress of the clusters and stores it, no more often than people can notice. */
export const createRunProgress = (
  deps: { readonly db: Db; readonly clock: Pick<Clock, 'now'>; readonly log: Log },
  run: string,
): ProgressOfRun => {
  const parts = new Map<string, Parameters<OnProgress>[0]>();
  let writtenAt = deps.clock.now();
  const sum = (): RunProgress =>
    [...parts.values()].reduce(
      (total, part) => ({
        services: total.services + part.services,
        images: total.images + part.images,
        checkedImages: total.checkedImages + part.checked,
      }),
      { services: 0, images: 0, checkedImages: 0 },
    );
  return {
    sum,
    of: (cluster) => (part) => {
      // A second check of a few services is not new progress.
      const before = parts.get(cluster);
      if (before === undefined || part.services >= before.services) parts.set(cluster, part);
      if (Math.abs(deps.clock.now() - writtenAt) < WRITE_EVERY_MS) return;
      writtenAt = deps.clock.now();
      showRunProgress(deps.db, run, sum()).catch((error: unknown) =>
        deps.log.error('progress not kept', { run, error }),
      );
    },
  };
};
