import { describe, expect, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { EngineRefusal } from '../../../sandbox/engine/api.ts';
import type { EngineService } from '../../../sandbox/swarm/services.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import { endedDeployments } from '../../support/stage/open-stage.ts';
import { useStage } from '../../support/stage/use-stage.ts';

const UPDATES = 200;
const PUSHES = 5;
const SERVICES = ['actor-a', 'actor-b'];
const COUNTER = 'actor.count';

describe('a second actor that changes the same services all the time', () => {
  const stage = useStage();

  /** Counts a label up, by the version that was read, as any well-behaved tool does. */
  const countUp = async (name: string): Promise<number> => {
    const { api } = stage.sandbox.engines[0];
    for (let conflicts = 0; ; conflicts += 1) {
      const { ID, Version, Spec } = await api.call<EngineService>('GET', `/services/${name}`);
      const count = Number(Spec.Labels?.[COUNTER] ?? 0) + 1;
      const body = { ...Spec, Labels: { ...Spec.Labels, [COUNTER]: String(count) } };
      try {
        await api.call('POST', `/services/${ID}/update?version=${Version.Index}`, { body });
        return conflicts;
      } catch (error) {
        const isConflict = error instanceof EngineRefusal && /out of sequence/.test(error.message);
        if (!isConflict) throw error;
      }
    }
  };

  test('loses no update to the helper, and the helper none to it', async () => {
    const { helper, sandbox, services } = stage;
    const image = (name: string): string => sandbox.image(`actor/${name}`, 'v1');
    const newest = new Map<string, Digest>();
    for (const name of SERVICES) {
      const { digest } = await sandbox.pushImage(`actor/${name}`, 'v1', good(`${name} 0`));
      newest.set(name, digest);
      await services.deploy({ name, image: `${image(name)}@${digest}`, monitorMs: 200 });
    }
    let conflicts = 0;
    const actOn = async (name: string): Promise<void> => {
      for (let count = 0; count < UPDATES / SERVICES.length; count += 1) {
        conflicts += await countUp(name);
      }
    };
    const pushTo = async (name: string): Promise<void> => {
      for (let count = 1; count <= PUSHES; count += 1) {
        const sample = good(`${name} ${count}`);
        const { digest } = await sandbox.pushImage(`actor/${name}`, 'v1', sample);
        newest.set(name, digest);
        expect((await helper.postHook({ image: image(name), digest })).status).toBe(202);
        // The next push comes while this one is being carried out, or right after.
        await endedOrNewer(name, count);
      }
    };
    const endedOrNewer = async (name: string, count: number): Promise<void> => {
      if (count % 2 === 0) await endedDeployments(helper, name);
    };
    await Promise.all(SERVICES.flatMap((name) => [actOn(name), pushTo(name)]));

    for (const name of SERVICES) {
      const digest = newest.get(name);
      if (digest === undefined) throw new Error(`nothing was pushed for ${name}`);
      await services.converged(name, { digest });
      const found = await endedDeployments(helper, name);
      expect(found.at(-1)).toMatchObject({ state: 'succeeded', to: digest });
      const states = found.map(({ state }) => state);
      expect(states.filter((state) => !['succeeded', 'superseded'].includes(state))).toEqual([]);
      const { Spec } = await services.inspect(name);
      expect(Spec.Labels?.[COUNTER]).toBe(String(UPDATES / SERVICES.length));
      expect(Spec.TaskTemplate.ForceUpdate ?? 0).toBe(0);
    }
    const all = (await helper.deployments()).flatMap(({ steps }) => steps);
    const outOfSequence = all.filter(({ step }) => step === 'out-of-sequence').length;
    process.stderr.write(
      `second actor: ${UPDATES} updates, ${conflicts} of them repeated, ${outOfSequence} of the helper's\n`,
    );
    await services.remove(...SERVICES);
  });
});
