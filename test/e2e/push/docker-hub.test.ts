import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { type AttachedSandbox, attachSandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import { endedDeployments } from '../../support/stage/open-stage.ts';
import { ownSandbox } from '../../support/stage/own-sandbox.ts';
import { dockerHubPush } from '../../support/program/start-helper.ts';
import { useStage } from '../../support/stage/use-stage.ts';

/**
 * Docker Hub cannot be reached from every machine, so both the engine and the helper ask a mirror of
 * it; services, hooks and specs name docker.io all the same.
 */
describe('a hook of Docker Hub', () => {
  let hub: AttachedSandbox;
  let sandbox: Sandbox;
  beforeAll(async () => {
    hub = attachSandbox(ownSandbox());
    sandbox = await startSandbox({ engineArguments: [`--registry-mirror=${hub.registry.url}`] });
  });
  afterAll(async () => {
    await sandbox?.stop();
    await hub.close();
  });
  const stage = useStage(() => ({
    addresses: sandbox.addresses,
    env: { CD_HELPER_REGISTRY_INSECURE: hub.registry.host },
    config: { registries: [{ host: 'docker.io', mirror: hub.registry.host }] },
  }));

  test.each([
    ['acme/hub', 'acme/hub', 'v1'],
    ['official', 'library/official', 'latest'],
  ])('%s is deployed where it runs, and nowhere else', async (short, repository, tag) => {
    const { helper, services } = stage;
    const name = `hub-${repository.replace('/', '-')}`;
    const one = await hub.pushImage(repository, tag, good(`${name} one`));
    await hub.pushImage(repository, 'other', good(`${name} one`));
    await sandbox.pushImage(repository, tag, good(`${name} one`));
    await services.deploy(
      { name, image: `${short}:${tag}@${one.digest}`, replicas: 2 },
      { name: `${name}-full`, image: `docker.io/${repository}:${tag}@${one.digest}` },
      { name: `${name}-other`, image: `${short}:other@${one.digest}` },
      { name: `${name}-elsewhere`, image: sandbox.image(repository, tag, one.digest) },
    );
    const untouched = [`${name}-other`, `${name}-elsewhere`];
    const versions = () => Promise.all(untouched.map((other) => services.versionOf(other)));
    const before = await versions();
    const two = await hub.pushImage(repository, tag, good(`${name} two`));
    const answer = await helper.postHook(dockerHubPush(repository, tag));
    expect(answer.status).toBe(202);
    for (const service of [name, `${name}-full`]) {
      const found = await endedDeployments(helper, service);
      expect(found).toMatchObject([
        {
          state: 'succeeded',
          image: `docker.io/${repository}:${tag}`,
          from: one.digest,
          to: two.digest,
        },
      ]);
      const running = await services.runningDigests(service);
      expect(running.length).toBe(service === name ? 2 : 1);
      expect(new Set(running)).toEqual(new Set([two.digest]));
    }
    expect(await versions()).toEqual(before);
    expect((await helper.deliveries())[0]).toMatchObject({ sender: 'docker-hub' });
    await services.remove(name, `${name}-full`, ...untouched);
  });

  test('is looked at again where the hub lags behind its own hook', async () => {
    const { helper, services } = stage;
    const one = await hub.pushImage('acme/late', 'v1', good('late one'));
    await services.deploy({ name: 'hub-late', image: `acme/late:v1@${one.digest}` });
    const answer = await helper.postHook(dockerHubPush('acme/late', 'v1'));
    const two = await hub.pushImage('acme/late', 'v1', good('late two'));
    const [deployment] = await endedDeployments(helper, 'hub-late');
    expect(deployment).toMatchObject({ state: 'succeeded', to: two.digest });
    expect(await services.runningDigests('hub-late')).toEqual([two.digest]);
    const { delivery } = (await answer.json()) as { delivery: string };
    const { pushes } = await helper.delivery(delivery);
    expect(pushes[0]?.results).toMatchObject([{ outcome: 'deployed' }]);
    await services.remove('hub-late');
  });
});
