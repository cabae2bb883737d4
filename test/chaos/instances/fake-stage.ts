import { join } from 'node:path';
import { startFakeEngine } from '../../support/fake-engine/fake-engine.ts';
import { fakeImage } from '../../support/fake-registry/images.ts';
import { startFakeRegistry } from '../../support/fake-registry/fake-registry.ts';
import { layCable } from './cable.ts';
import { REPLICAS, type Stage, TAG } from './stage.ts';

/** An engine and a registry in this process, and cables that are TCP proxies. */
export const openFakeStage = async (folder: string): Promise<Stage> => {
  const registry = await startFakeRegistry();
  const engineSocket = join(folder, 'engine.sock');
  const engine = await startFakeEngine({
    pace: 'real',
    speed: 10,
    listen: { kind: 'unix', path: engineSocket },
  });
  return {
    engineSocket,
    registryHost: registry.host,
    // Swarmpit asks for no other form.
    publish: async (name, content) =>
      registry.setTag(`acme/${name}`, TAG, fakeImage(content, { form: 'docker' })),
    deploy: async (services) => {
      const update = { Parallelism: 2, Monitor: 5_000_000_000, Order: 'stop-first' } as const;
      for (const service of services) engine.addService({ ...service, replicas: REPLICAS, update });
    },
    running: async (name) => engine.running(name),
    tasksMade: async (name) => engine.tasksMade(name),
    updates: () => engine.updates.length,
    layCable,
    close: async () => {
      await engine.close();
      await registry.close();
    },
  };
};
