import { good } from '../../../sandbox/image/sample.ts';
import { startSandbox } from '../../../sandbox/sandbox.ts';
import { layRealCable } from './real-cable.ts';
import { REPLICAS, type Stage, TAG } from './stage.ts';

/** Enough that the engine forgets no task of a round. */
const TASK_HISTORY = 1_000;
const MONITOR_MS = 500;

/** A real engine, a real registry, and a network of its own for each helper. Needs root on Linux. */
export const openRealStage = async (signal: AbortSignal | undefined): Promise<Stage> => {
  const sandbox = await startSandbox({
    taskHistory: TASK_HISTORY,
    ...(signal === undefined ? {} : { signal }),
  });
  const [{ services, socket }] = sandbox.engines;
  return {
    engineSocket: socket,
    registryHost: sandbox.registry.host,
    publish: async (name, content) =>
      (await sandbox.pushImage(`acme/${name}`, TAG, good(content))).digest,
    deploy: async (wanted) => {
      const common = { replicas: REPLICAS, parallelism: REPLICAS, monitorMs: MONITOR_MS } as const;
      await services.deploy(...wanted.map((one) => ({ ...one, ...common })));
    },
    running: services.runningDigests,
    tasksMade: async (name) =>
      (await services.tasks(name)).map(({ Spec }) => ({ image: Spec.ContainerSpec.Image })),
    layCable: layRealCable,
    close: sandbox.stop,
  };
};
