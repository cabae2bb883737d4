import type { CreatedForge, ForgeSettings } from '../adapters/forge/create-forge.ts';
import { createRegistries, type ConnectedRegistries } from '../adapters/registry/registries.ts';
import { createEngineCluster } from '../adapters/swarm/engine/engine.ts';
import { createSwarmpitCluster } from '../adapters/swarm/swarmpit/swarmpit.ts';
import type { ClusterConfig, Config, ForgeConfig, TlsConfig } from '../config/schema/config.ts';
import type { Cluster } from '../core/swarm/cluster.ts';
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

/** The cluster of a configuration. No request is sent yet. */
export const connect = (config: ClusterConfig): Cluster => {
  const { name, url } = config;
  if (config.type === 'engine')
    return createEngineCluster({ name, url, tls: tlsTexts(config.tls) });
  return createSwarmpitCluster({ name, url, token: config.token });
};

export const connectRegistries = (config: Config, log: Log): ConnectedRegistries =>
  createRegistries({
    hosts: config.registries,
    proxies: config.proxies,
    dockerConfig: config.dockerConfig,
    log,
    now: createSteadyNow(systemClock),
  });

const forgeSettings = ({ tls, ...forge }: ForgeConfig): ForgeSettings => ({
  ...forge,
  ca: tls?.ca ?? null,
});

/** A forge with its settings. */
export type ConnectedForge = CreatedForge & { readonly settings: ForgeSettings };

/** The forge code is loaded only if the configuration has a forge. */
export const connectForges = async ({
  forges,
  proxies,
}: Config): Promise<readonly ConnectedForge[]> => {
  if (forges.length === 0) return [];
  const { createForge } = await import('../adapters/forge/create-forge.ts');
  return forges.map((one) => {
    const settings = forgeSettings(one);
    return { ...createForge(settings, { now: systemClock.now, proxies }), settings };
  });
};
