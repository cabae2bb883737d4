import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { createPusher, type Pusher } from '../../../sandbox/registry/push.ts';
import { type RunningRegistry, startRegistry } from '../../../sandbox/registry/start-registry.ts';
import type { ServiceRequest } from '../../../sandbox/swarm/service-spec.ts';
import { digestsBySlot, endedDeployments, endedPushes } from '../../support/stage/open-stage.ts';
import { ownSandbox } from '../../support/stage/own-sandbox.ts';
import { useStage } from '../../support/stage/use-stage.ts';

describe('a push that the registry itself tells of', () => {
  let quiet: RunningRegistry;
  let registry: RunningRegistry;
  let pusher: Pusher;
  const image = (repository: string, tag: string, digest?: string): string =>
    `${registry.host}/${repository}:${tag}${digest === undefined ? '' : `@${digest}`}`;

  beforeAll(async () => {
    const { hostAddress, folder } = ownSandbox().engines[0];
    quiet = await startRegistry({ folder: join(folder, 'push-registry'), hostAddress });
  });
  afterAll(async () => {
    await pusher.close();
    await registry.stop();
  });
  const stage = useStage(() => ({ env: { CD_HELPER_REGISTRY_INSECURE: quiet.host } }));
  beforeAll(async () => {
    registry = await quiet.restart({ notify: [{ url: stage.helper.hookUrl }] });
    pusher = createPusher({ url: registry.url });
  });

  const versionsOf = async (names: readonly string[]): Promise<Record<string, number>> => {
    const found = await Promise.all(names.map((name) => stage.services.versionOf(name)));
    return Object.fromEntries(names.map((name, index) => [name, found[index] ?? -1]));
  };

  test('redeploys every service with that repository and tag, and no other', async () => {
    const { helper, services, sandbox } = stage;
    const [one, two] = [good('notified one'), good('notified two')];
    const { digest: from } = await pusher.pushImage('push/web', 'v1', one);
    await Promise.all([
      pusher.pushImage('push/web', 'v2', one),
      pusher.pushImage('push/web', 'v1.0', one),
      pusher.pushImage('other/push/web', 'v1', one),
      pusher.pushImage('push/web-api', 'v1', one),
      sandbox.pushImage('push/web', 'v1', one),
    ]);
    const affected: ServiceRequest[] = [
      { name: 'push-pinned', image: image('push/web', 'v1', from), replicas: 2 },
      { name: 'push-unpinned', image: image('push/web', 'v1') },
      { name: 'push-global', image: image('push/web', 'v1', from), mode: 'global' },
      { name: 'push-none', image: image('push/web', 'v1', from), replicas: 0 },
    ];
    const digestOnly = image('push/web', 'v1', from).replace(':v1@', '@');
    const others: ServiceRequest[] = [
      { name: 'push-other-tag', image: image('push/web', 'v2', from) },
      { name: 'push-longer-tag', image: image('push/web', 'v1.0', from) },
      { name: 'push-longer-path', image: image('other/push/web', 'v1', from) },
      { name: 'push-longer-name', image: image('push/web-api', 'v1', from) },
      { name: 'push-other-host', image: sandbox.image('push/web', 'v1', from) },
      { name: 'push-by-digest', image: digestOnly },
      {
        name: 'push-excluded',
        image: image('push/web', 'v1', from),
        labels: { 'cd-helper.enabled': 'false' },
      },
    ];
    // The other host's tag moves too, so that it would be redeployed if it were looked at.
    await sandbox.pushImage('push/web', 'v1', two);
    // A notification that comes late would be a push of its own to the service without a digest.
    await endedPushes(helper, image('push/web', 'v1'), 1);
    await services.deploy(...affected, ...others);
    const names = others.map(({ name }) => name);
    const before = await versionsOf(names);

    const { digest: to } = await pusher.pushImage('push/web', 'v1', two);
    for (const { name, replicas = 1 } of affected) {
      const [deployment, ...more] = await endedDeployments(helper, name);
      expect(more).toEqual([]);
      expect(deployment).toMatchObject({ state: 'succeeded', to, image: image('push/web', 'v1') });
      const running = Array.from({ length: replicas }, () => to);
      expect(await services.runningDigests(name)).toEqual(running);
      const { Spec } = await services.inspect(name);
      expect(Spec.TaskTemplate.ContainerSpec.Image).toBe(image('push/web', 'v1', to));
    }
    expect(await versionsOf(names)).toEqual(before);
    expect((await helper.deployments()).length).toBe(affected.length);
    const slots = digestsBySlot(await services.tasks('push-pinned'));
    expect([...slots.values()]).toEqual([
      [from, to],
      [from, to],
    ]);
    const deliveries = await helper.deliveries();
    const told = deliveries.filter(({ pushes }) => pushes.some(({ digest }) => digest === to));
    expect(told).toMatchObject([{ sender: 'distribution', status: 202 }]);
    expect(told[0]?.pushes[0]?.results).toMatchObject([{ state: 'done', outcome: 'deployed' }]);
    await services.remove(...affected.map(({ name }) => name), ...names);
  });

  test('changes nothing where what was pushed runs already', async () => {
    const { helper, services } = stage;
    const { digest } = await pusher.pushImage('push/same', 'v1', good('the same'));
    await endedPushes(helper, image('push/same', 'v1'), 1);
    const request = { name: 'push-same', image: image('push/same', 'v1', digest) };
    await services.deploy(request);
    const before = await services.versionOf('push-same');
    await pusher.moveTag('push/same', 'v1', digest);
    const [, told] = await endedPushes(helper, image('push/same', 'v1'), 2);
    expect(told).toMatchObject({ digest, results: [{ outcome: 'nothing-to-do' }] });
    expect(await services.versionOf('push-same')).toBe(before);
    expect(await helper.deployments('?service=push-same')).toEqual([]);
    await services.remove('push-same');
  });

  test('pins an unpinned service once a push, and not again without one', async () => {
    const { helper, services } = stage;
    const { digest } = await pusher.pushImage('push/loose', 'v1', good('loose'));
    await endedPushes(helper, image('push/loose', 'v1'), 1);
    await services.deploy({ name: 'push-loose', image: image('push/loose', 'v1') });
    await pusher.moveTag('push/loose', 'v1', digest);
    const [deployment] = await endedDeployments(helper, 'push-loose');
    expect(deployment).toMatchObject({
      state: 'succeeded',
      cause: 'unpinned',
      from: null,
      to: digest,
    });
    const pinned = await services.versionOf('push-loose');
    await pusher.moveTag('push/loose', 'v1', digest);
    await helper.postHook({ image: image('push/loose', 'v1'), digest });
    const pushes = await endedPushes(helper, image('push/loose', 'v1'), 4);
    expect(pushes.map(({ results }) => results[0]?.outcome)).toEqual([
      'no-service',
      'deployed',
      'nothing-to-do',
      'nothing-to-do',
    ]);
    expect(await services.versionOf('push-loose')).toBe(pinned);
    expect((await helper.deployments('?service=push-loose')).length).toBe(1);
    await services.remove('push-loose');
  });
});
