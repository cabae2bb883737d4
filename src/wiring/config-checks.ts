import { createDockerConfigReader } from '../adapters/registry/docker-config.ts';
import type { ConfigCheck } from '../cli/cli-deps.ts';
import { createConfigChecks } from '../cli/config-checks.ts';
import type { Config } from '../config/config.ts';
import { silentLog } from '../core/log.ts';
import { connect, connectRegistries } from './connect.ts';
import { systemClock } from '../work/loop/system-clock.ts';
import { tryStoreApart } from './try-store-apart.ts';

/** The file of sign-ins, which would be missed only when a registry asks for one of them. */
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

/** Every host that is asked: the registries, and the mirrors that have no entry of their own. */
const withMirrors = ({ registries }: Config): Config['registries'] => {
  const named = new Set(registries.map(({ host }) => host));
  return registries.flatMap((one) => {
    const mirrors = one.mirrors.filter((host) => !named.has(host));
    for (const host of mirrors) named.add(host);
    return [one, ...mirrors.map((host) => ({ ...one, host }))];
  });
};

/** What `cd-helper check-config` tries of a configuration. */
export const configChecks = (config: Config): readonly ConfigCheck[] => {
  const registries = connectRegistries(config, silentLog);
  const { dockerConfig } = config;
  const checks = createConfigChecks(
    { ...config, registries: withMirrors(config) },
    {
      connect,
      probeRegistry: registries.probe,
      now: systemClock.now,
      tryStore: (signal) => tryStoreApart(config.store, signal),
    },
  );
  return dockerConfig === null ? checks : [...checks, dockerConfigCheck(dockerConfig)];
};
