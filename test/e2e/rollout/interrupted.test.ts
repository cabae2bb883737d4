import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { crashing, good } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { createPusher } from '../../../sandbox/registry/push.ts';
import { startRegistry } from '../../../sandbox/registry/start-registry.ts';
import type { EngineService } from '../../../sandbox/swarm/services.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import { digestsBySlot, endedDeployments, openStage } from '../../support/stage/open-stage.ts';
import { ownSandbox } from '../../support/stage/own-sandbox.ts';
import { deploySettled } from '../../support/stage/settled-service.ts';
import { useStage } from '../../support/stage/use-stage.ts';

describe('a rollout that others interfere with', () => {
  const stage = useStage();

  const deploy = async (name: string): Promise<{ image: string; from: Digest }> => {
    const { sandbox, services } = stage;
    const { digest } = await sandbox.pushImage(`between/${name}`, 'v1', good(`${name} one`));
    const image = sandbox.image(`between/${name}`, 'v1');
    await deploySettled(services, {
      name,
      image: `${image}@${digest}`,
      replicas: 2,
      monitorMs: 1_500,
    });
    return { image, from: digest };
  };

  const pushAndSend = async (name: string, sample = good(`${name} two`)): Promise<Digest> => {
    const { sandbox, helper } = stage;
    const { digest } = await sandbox.pushImage(`between/${name}`, 'v1', sample);
    await helper.postHook({ image: sandbox.image(`between/${name}`, 'v1'), digest });
    await waitUntil(
      async () => {
        const [found] = await helper.deployments(`?service=${name}`);
        return found?.state === 'verifying' ? true : null;
      },
      { what: 'the update was sent', withinMs: 30_000, everyMs: 20 },
    );
    return digest;
  };

  /** What a person does with the docker command in the meantime. */
  const change = async (
    name: string,
    edit: (spec: EngineService['Spec']) => object,
  ): Promise<void> => {
    const { api } = stage.sandbox.engines[0];
    await waitUntil(
      async () => {
        const { ID, Version, Spec } = await api.call<EngineService>('GET', `/services/${name}`);
        const body = edit(Spec);
        await api.call('POST', `/services/${ID}/update?version=${Version.Index}`, { body });
        return true;
      },
      { what: `${name} was changed`, withinMs: 10_000 },
    );
  };

  test('ends where its service is removed', async () => {
    const name = 'between-removed';
    await deploy(name);
    await pushAndSend(name);
    await stage.services.remove(name);
    const found = await endedDeployments(stage.helper, name);
    expect(found).toMatchObject([{ state: 'failed', reason: 'service-removed' }]);
    expect((await fetch(`${stage.helper.url}/readyz`)).status).toBe(200);
  });

  test('stops, and touches nothing more, where somebody deploys another image', async () => {
    const { services, sandbox } = stage;
    const name = 'between-changed';
    await deploy(name);
    await pushAndSend(name, crashing(`${name} two`, { afterMs: 100 }));
    const theirs = await sandbox.pushImage(`between/${name}`, 'theirs', good(`${name} theirs`));
    const Image = sandbox.image(`between/${name}`, 'theirs', theirs.digest);
    await change(name, ({ TaskTemplate, ...spec }) => ({
      ...spec,
      TaskTemplate: {
        ...TaskTemplate,
        ContainerSpec: { ...TaskTemplate.ContainerSpec, Image },
      },
    }));
    const [deployment] = await endedDeployments(stage.helper, name);
    expect(deployment).toMatchObject({ state: 'failed', reason: 'changed-by-other' });
    await services.converged(name, { digest: theirs.digest });
    const { Spec } = await services.inspect(name);
    expect(Spec.TaskTemplate.ContainerSpec.Image).toBe(Image);
    await services.remove(name);
  });

  test('goes on where somebody scales the service', async () => {
    const { services } = stage;
    const name = 'between-scaled';
    const { from } = await deploy(name);
    const to = await pushAndSend(name);
    await change(name, (spec) => ({ ...spec, Mode: { Replicated: { Replicas: 3 } } }));
    const found = await endedDeployments(stage.helper, name);
    expect(found).toMatchObject([{ state: 'succeeded', from, to }]);
    await services.converged(name, { digest: to });
    expect(await services.runningDigests(name)).toEqual([to, to, to]);
    for (const digests of digestsBySlot(await services.tasks(name)).values()) {
      expect(digests.filter((digest) => digest === to).length).toBe(1);
    }
    await services.remove(name);
  });
});

test('a registry that is away when its hook comes is asked until it is back', async ({
  onTestFailed,
}) => {
  const addresses = ownSandbox();
  const { hostAddress, folder } = addresses.engines[0];
  let registry = await startRegistry({ folder: join(folder, 'away-registry'), hostAddress });
  const stage = await openStage(addresses, {
    env: { CD_HELPER_REGISTRY_INSECURE: registry.host },
  });
  onTestFailed(() => stage.tell());
  const { helper, services } = stage;
  const name = 'between-away';
  try {
    const pusher = createPusher({ url: registry.url });
    const image = `${registry.host}/between/away:v1`;
    const one = await pusher.pushImage('between/away', 'v1', good('away one'));
    await services.deploy({ name, image: `${image}@${one.digest}` });
    const two = await pusher.pushImage('between/away', 'v1', good('away two'));
    await pusher.close();
    await registry.stop();
    const answer = await helper.postHook({ image, digest: two.digest });
    expect(answer.status).toBe(202);
    const { delivery } = (await answer.json()) as { delivery: string };
    await waitUntil(
      async () => {
        const [result] = (await helper.delivery(delivery)).pushes[0]?.results ?? [];
        return result?.state === 'waiting' && result.detail !== null ? true : null;
      },
      { what: 'the helper has asked in vain', withinMs: 30_000 },
    );
    registry = await registry.restart({});
    const found = await endedDeployments(helper, name);
    expect(found).toMatchObject([{ state: 'succeeded', from: one.digest, to: two.digest }]);
    expect(await services.runningDigests(name)).toEqual([two.digest]);
  } finally {
    await services.remove(name);
    await stage.close();
    await registry.stop();
  }
});
