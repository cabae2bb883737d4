import { createRegistries, type Registries } from '../adapters/registry/registries.ts';
import { ClusterAddressError } from '../adapters/swarm/cluster-address.ts';
import { createEngineCluster } from '../adapters/swarm/engine.ts';
import type { InspectEngine } from '../cli/cli-deps.ts';
import { CliFailure, EXIT } from '../cli/exit-status.ts';
import { loadConfig } from '../config/load-config.ts';
import { processEnvironment } from '../config/process-environment.ts';
import { readTextFile } from '../config/read-text-file.ts';
import type { Cluster } from '../core/cluster.ts';
import { EVERY_SERVICE } from '../core/every-service.ts';
import { silentLog } from '../core/log.ts';
import { openStore } from '../store/open-store.ts';
import { checkCluster, type OnProgress } from '../work/check-cluster.ts';
import { planView } from '../work/plan-view.ts';
import { systemClock } from '../work/loop/system-clock.ts';
import { connectRegistries } from './connect.ts';

/** The registries as file and variables say, or as nobody says anything where those are no good. */
const registriesWithoutHelper = (): Registries => {
  const loaded = loadConfig({ env: processEnvironment(), readFile: readTextFile });
  if (loaded.ok) return connectRegistries(loaded.config, silentLog);
  return createRegistries({ log: silentLog, now: systemClock.now });
};

/** The name that the one cluster of a helper without a file has too. */
const connectEngine = (url: string): Cluster => {
  try {
    return createEngineCluster({ name: 'default', url });
  } catch (error) {
    if (!(error instanceof ClusterAddressError)) throw error;
    throw new CliFailure(error.message, { status: EXIT.wrongUse, cause: error });
  }
};

/** Looks at an engine with no helper and no memory. */
export const inspectEngine: InspectEngine = async (
  url,
  signal,
  { selected = {}, onProgress = () => {} } = {},
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
    };
    const tell: OnProgress = ({ images, checked }) =>
      onProgress({ images, checkedImages: checked });
    const planned = await checkCluster(
      deps,
      { ...EVERY_SERVICE, dryRun: true, ...selected },
      tell,
      signal,
    );
    return planned.map(planView);
  } finally {
    await Promise.allSettled([cluster.close(), registries.close(), store.close()]);
  }
};
