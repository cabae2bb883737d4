import { createRegistries, type ConnectedRegistries } from '../adapters/registry/registries.ts';
import { ClusterAddressError } from '../adapters/swarm/wire/cluster-address.ts';
import { createEngineCluster } from '../adapters/swarm/engine/engine.ts';
import type { InspectEngine } from '../cli/terminal/cli-deps.ts';
import { CliFailure, EXIT } from '../cli/terminal/exit-status.ts';
import { loadConfig } from '../config/load-config.ts';
import { processEnvironment } from '../config/source/process-environment.ts';
import { readTextFile } from '../config/files/read-text-file.ts';
import type { Cluster } from '../core/swarm/cluster.ts';
import { EVERY_SERVICE } from '../core/contract/every-service.ts';
import { silentLog } from '../core/log.ts';
import { openStore } from '../store/sqlite/open-store.ts';
import { createAnswers } from '../work/lookups/answers.ts';
import { checkCluster, type OnProgress } from '../work/check/check-cluster.ts';
import { createHealthWatch } from '../work/health/health-watch.ts';
import { planView } from '../work/check/plan-view.ts';
import { systemClock } from '../work/loop/system-clock.ts';
import { connectRegistries } from './connect.ts';

/** The registries from the configuration file and the environment, or the defaults if these are invalid. */
const registriesWithoutHelper = (): ConnectedRegistries => {
  const loaded = loadConfig({ env: processEnvironment(), readFile: readTextFile });
  if (loaded.ok) return connectRegistries(loaded.config, silentLog);
  return createRegistries({ log: silentLog, now: systemClock.now });
};

/** The same name as the only cluster of a helper without a configuration file. */
const connectEngine = (url: string): Cluster => {
  try {
    return createEngineCluster({ name: 'default', url });
  } catch (error) {
    if (!(error instanceof ClusterAddressError)) throw error;
    throw new CliFailure(error.message, { status: EXIT.wrongUse, cause: error });
  }
};

/** Inspects an engine without a helper and without a store. */
export const inspectEngine: InspectEngine = async (
  url,
  signal,
  { selected = {}, listsTags = false, onProgress = () => {} } = {},
) => {
  const cluster = connectEngine(url);
  const registries = registriesWithoutHelper();
  const store = openStore(':memory:');
  try {
    const deps = {
      cluster,
      select: 'all' as const,
      registries,
      db: store.db,
      now: systemClock.now,
      ...(listsTags
        ? { listTags: createAnswers({ registries, now: systemClock.now }).listTags }
        : {}),
    };
    const tell: OnProgress = ({ images, checked }) =>
      onProgress({ images, checkedImages: checked });
    const planned = await checkCluster(
      deps,
      { ...EVERY_SERVICE, dryRun: true, ...selected },
      tell,
      signal,
    );
    const { read } = createHealthWatch({
      clusters: [cluster],
      db: store.db,
      clock: systemClock,
      log: silentLog,
      changed: async () => {},
    });
    const findHealth = await read(cluster.name, signal);
    return planned.map((one) => ({ ...planView(one), ...findHealth(one.service.id) }));
  } finally {
    await Promise.allSettled([cluster.close(), registries.close(), store.close()]);
  }
};
