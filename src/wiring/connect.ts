import { createRegistries, type Registries } from '../adapters/registry/registries.ts';
import { createEngineCluster } from '../adapters/swarm/engine.ts';
import { createSwarmpitCluster } from '../adapters/swarm/swarmpit/swarmpit.ts';
import type { ClusterConfig, Config, TlsConfig } from '../config/config.ts';
import type { Cluster } from '../core/cluster.ts';
import type { Log } from '../core/log.ts';
import { createSteadyNow } from '../work/loop/steady-now.ts';
import { systemClock } from '../work/loop/system-clock.ts';

const tlsTexts = (tls: TlsConfig | null): { ca?: string; cert?: string; key?: string } => {
  const { ca, cert, key } = tls ?? { ca: null, cert: null, key: null };
  return {
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key: key.reveal() }),
  };
};

/** The cluster that a configuration means; nothing is asked of it yet. */
export const connect = (config: ClusterConfig): Cluster => {
  const { name, url } = config;
  if (config.type === 'engine')
    return createEngineCluster({ name, url, tls: tlsTexts(config.tls) });
  return createSwarmpitCluster({ name, url, token: config.token });
};

export const connectRegistries = (config: Config, log: Log): Registries =>
  createRegistries({
    hosts: config.registries,
    proxies: config.proxies,
    dockerConfig: config.dockerConfig,
    log,
    now: createSteadyNow(systemClock),
  });
