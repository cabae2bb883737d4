import { crashing, good } from '../image/sample.ts';
import { startSandbox } from '../sandbox.ts';
import { REPOSITORY, SERVICES, type Stage, TAG, type Version } from './stage.ts';

/** Longer than the second that the crashing version runs. */
const MONITOR_MS = 2000;

const sampleOf = ({ name, crashes }: Version) => (crashes ? crashing(name) : good(name));

/** A real Docker Engine in Swarm mode and a real registry. Throws as `startSandbox` does. */
export const openRealStage = async (
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<Stage> => {
  const sandbox = await startSandbox({ tell, signal });
  const [engine] = sandbox.engines;
  const { Version } = await engine.api.call<{ Version: string }>('GET', '/version');
  return {
    description: [
      `Docker Engine ${Version} in Swarm mode, ${engine.url}`,
      `distribution registry, ${sandbox.registry.url}`,
      `both up in ${(sandbox.startedInMs / 1000).toFixed(1)} s`,
    ],
    folder: sandbox.addresses.folder,
    engineUrl: engine.url,
    registryHost: sandbox.registry.host,
    deploy: async (version) => {
      const { digest } = await sandbox.pushImage(REPOSITORY, TAG, sampleOf(version));
      const image = sandbox.image(REPOSITORY, TAG, digest);
      const { create, converged } = engine.services;
      const rest = { image, failureAction: 'rollback', monitorMs: MONITOR_MS } as const;
      await Promise.all(
        SERVICES.map(async (service) =>
          converged(await create({ ...service, ...rest }), { signal }),
        ),
      );
      return digest;
    },
    notify: (url) => sandbox.notify([{ url }]),
    push: async (version) => (await sandbox.pushImage(REPOSITORY, TAG, sampleOf(version))).digest,
    runningDigests: engine.services.runningDigests,
    stop: sandbox.stop,
  };
};
