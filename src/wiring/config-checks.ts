import { checkForge } from '../adapters/forge/check-forge.ts';
import { createDockerConfigReader } from '../adapters/registry/sign-in/docker-config.ts';
import type { ConfigCheck } from '../cli/terminal/cli-deps.ts';
import type { AskedPush } from '../cli/terminal/push-check.ts';
import { createConfigChecks } from '../cli/show/config-checks.ts';
import type { Config } from '../config/schema/config.ts';
import { silentLog } from '../core/log.ts';
import type { StoreSetting } from '../core/store-setting.ts';
import { type ConnectedForge, connect, connectForges, connectRegistries } from './connect.ts';
import { systemClock } from '../work/loop/system-clock.ts';
import type { StoreTrial } from './try-store.ts';
import { tryStoreApart } from './try-store-apart.ts';

/** The file with registry sign-ins. Without this check, a missing file would show only when a registry needs it. */
const dockerConfigCheck = (path: string): ConfigCheck => ({
  name: 'docker config',
  run: async () => {
    const read = await createDockerConfigReader(path)();
    if (read.kind === 'failed') {
      return { ok: false, detail: read.problem, hint: 'correct dockerConfig, or leave it out' };
    }
    const { auths, credHelpers, credsStore } = read.config;
    const places = [...auths, ...credHelpers].map((place) =>
      place.path === '' ? place.host : `${place.host}/${place.path}`,
    );
    const hosts = [...new Set(places)].toSorted();
    const all = [...hosts, ...(credsStore === null ? [] : [`whatever ${credsStore} knows`])];
    return { ok: true, detail: `${path}: ${all.join(', ') || 'no sign-ins'}` };
  },
});

const forgeCheck = (connected: ConnectedForge): ConfigCheck => ({
  name: `forge ${connected.forge.name}`,
  run: async (signal) => {
    try {
      return await checkForge(connected.settings, connected, systemClock.now, signal);
    } finally {
      await connected.close();
    }
  },
});

const tryConfigured: (store: StoreSetting, signal: AbortSignal) => Promise<StoreTrial> = async (
  store,
  signal,
) => {
  if (store.kind === 'sqlite') return tryStoreApart(store.path, signal);
  const { inspectPostgresStore } = await import('../store/postgres/inspect-store.ts');
  const found = await inspectPostgresStore(store);
  return found.ok ? { kind: 'free', detail: found.detail } : { kind: 'refused', why: found.why };
};

/** Every host to check: the registries, and mirrors without an entry of their own. */
const withMirrors = ({ registries }: Config): Config['registries'] => {
  const named = new Set(registries.map(({ host }) => host));
  return registries.flatMap((one) => {
    const mirrors = one.mirrors.filter((host) => !named.has(host));
    for (const host of mirrors) named.add(host);
    return [one, ...mirrors.map((host) => ({ ...one, host }))];
  });
};

/** The checks of `cd-helper check-config` for a configuration. */
export const configChecks = async (
  config: Config,
  push: AskedPush | null,
): Promise<readonly ConfigCheck[]> => {
  const registries = connectRegistries(config, silentLog);
  const { dockerConfig } = config;
  const checks = createConfigChecks(
    { ...config, registries: withMirrors(config) },
    {
      connect,
      probeRegistry: registries.probe,
      now: systemClock.now,
      tryStore: (signal) => tryConfigured(config.store, signal),
    },
    push,
  );
  const all = [...checks, ...(await connectForges(config)).map(forgeCheck)];
  return dockerConfig === null ? all : [...all, dockerConfigCheck(dockerConfig)];
};
