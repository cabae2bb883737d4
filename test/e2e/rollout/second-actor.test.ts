import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { EngineRefusal } from '../../../sandbox/engine/api.ts';
import { good } from '../../../sandbox/image/sample.ts';
import type { EngineService } from '../../../sandbox/swarm/services.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import { endedDeployments, endedDelivery } from '../../support/stage/open-stage.ts';
import { deploySettled, digestOfTask, tasksBySlot } from '../../support/stage/settled-service.ts';
import { useStage } from '../../support/stage/use-stage.ts';

/** It writes at least so often, and goes on as long as we do. */
const UPDATES = 200;
const PUSHES = 6;
const MONITOR_MS = 500;
const BETWEEN_UPDATES_MS = 20;
const OUT_OF_SEQUENCE = /update out of sequence/;

describe('somebody else who updates a service all the time', () => {
  const stage = useStage();

  /** Reads the service and writes it back with the next count in a label, again where it came too late. */
  const countUp = async (id: string, count: number): Promise<{ tries: number; found: string }> => {
    const { api } = stage.sandbox.engines[0];
    for (let tries = 1; ; tries += 1) {
      const { Version, Spec } = await api.call<EngineService>('GET', `/services/${id}`);
      const Labels = { ...Spec.Labels, count: String(count) };
      try {
        await api.call('POST', `/services/${id}/update?version=${Version.Index}`, {
          body: { ...Spec, Labels },
        });
        return { tries, found: Spec.Labels?.['count'] ?? '' };
      } catch (error) {
        if (!(error instanceof EngineRefusal && OUT_OF_SEQUENCE.test(error.message))) throw error;
      }
    }
  };

  test('loses nothing of what it wrote, and nothing of ours', async () => {
    const { helper, services, sandbox } = stage;
    const name = 'second-actor';
    const repository = 'second/actor';
    const image = sandbox.image(repository, 'v1');
    const pushed: Digest[] = [];
    const publish = async (): Promise<Digest> => {
      const sample = good(`${name} ${pushed.length}`);
      const { digest } = await sandbox.pushImage(repository, 'v1', sample);
      pushed.push(digest);
      return digest;
    };
    const id = await deploySettled(services, {
      name,
      image: sandbox.image(repository, 'v1', await publish()),
      replicas: 2,
      parallelism: 2,
      monitorMs: MONITOR_MS,
      labels: { count: '0' },
    });

    const counted: string[] = [];
    let refused = 0;
    const pushing = new AbortController();
    const actor = async (): Promise<void> => {
      for (let count = 1; count <= UPDATES || !pushing.signal.aborted; count += 1) {
        const { tries, found } = await countUp(id, count);
        counted.push(found);
        refused += tries - 1;
        await delay(Math.random() * BETWEEN_UPDATES_MS);
      }
    };
    const pusher = async (): Promise<void> => {
      for (let push = 1; push <= PUSHES; push += 1) {
        const digest = await publish();
        await endedDelivery(helper, await helper.postHook({ image, digest }));
        const ended = await endedDeployments(helper, name, push);
        expect(ended.at(-1)).toMatchObject({ state: 'succeeded', to: digest });
      }
    };
    await Promise.all([actor(), pusher().finally(() => pushing.abort())]);

    // Each time the actor found what it had written before: no update of ours undid one of its.
    expect(counted).toEqual(counted.map((_, index) => String(index)));
    const newest = pushed.at(-1);
    await services.converged(name, newest === undefined ? {} : { digest: newest });
    const { Spec } = await services.inspect(name);
    expect(Spec.Labels).toMatchObject({ count: String(counted.length) });
    expect(Spec.TaskTemplate.ContainerSpec.Image).toBe(`${image}@${newest}`);
    expect(Spec.TaskTemplate.ForceUpdate ?? 0).toBe(0);

    // And no update of its undid one of ours: each digest ran once in each slot, in the order pushed.
    for (const tasks of tasksBySlot(await services.tasks(name))) {
      expect(tasks.map(digestOfTask)).toEqual(pushed);
    }
    const deployments = await helper.deployments(`?service=${name}`);
    const ours = deployments.flatMap(({ steps }) => steps.map(({ step }) => step));
    const outOfSequence = ours.filter((step) => step === 'out-of-sequence').length;
    expect(ours.filter((step) => step === 'update-sent')).toHaveLength(PUSHES);
    process.stderr.write(
      `second actor: ${counted.length} updates of its (${refused} out of sequence), ${PUSHES} of ours (${outOfSequence} out of sequence)\n`,
    );
    await services.remove(name);
  });
});
