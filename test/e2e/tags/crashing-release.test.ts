import { expect, test } from 'vitest';
import { crashing, good } from '../../../sandbox/image/sample.ts';
import type { ServiceRequest } from '../../../sandbox/swarm/service-spec.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { ServiceView } from '../../../src/core/contract/views.ts';
import { endedDelivery, endedDeployments, untilGood } from '../../support/stage/open-stage.ts';
import { deploySettled } from '../../support/stage/settled-service.ts';
import { movesOf } from '../../support/fake-registry/tag-scheme.ts';
import { useStage } from '../../support/stage/use-stage.ts';

const MONITOR_MS = 800;
const stage = useStage();

test('a crashing v1.4.0 goes back to v1.3.0 and is held, and v1.4.1 is taken', async () => {
  const { sandbox, services, helper } = stage;
  const name = 'crash-web';
  const repository = 'crash/web';
  const publish = async (tag: string, sample = good(`${name} ${tag}`)) =>
    (await sandbox.pushImage(repository, tag, sample)).digest;
  const hook = async (tag: string, digest: string) =>
    endedDelivery(helper, await helper.postHook({ image: sandbox.image(repository, tag), digest }));
  const service = () => helper.get<ServiceView>(`/clusters/default/services/${name}`);

  const first = await publish('v1.3.0');
  await deploySettled(services, {
    name,
    image: sandbox.image(repository, 'v1.3.0', first),
    replicas: 2,
    labels: { 'cd-helper.track': 'semver:1.x' },
    monitorMs: MONITOR_MS,
  });
  const bad = await publish('v1.4.0', crashing(`${name} bad`, { afterMs: 200, code: 9 }));
  await hook('v1.4.0', bad);
  const [failed] = await endedDeployments(helper, name);
  expect(failed).toMatchObject({
    fromTag: 'v1.3.0',
    toTag: 'v1.4.0',
    state: 'rolled-back',
    reason: 'task-failed',
    from: first,
    to: bad,
    failure: { exitCode: 9 },
  });
  const { Spec } = await services.inspect(name);
  expect(Spec.TaskTemplate.ContainerSpec.Image).toBe(sandbox.image(repository, 'v1.3.0', first));
  await services.converged(name, { digest: first });
  expect((await service()).tracking).toMatchObject({
    newest: 'v1.4.0',
    next: 'v1.4.0',
    whyNot: expect.stringMatching(/^v1\.4\.0 failed on this service at /),
    held: [{ tag: 'v1.4.0', reason: 'known-bad' }],
  });
  const again = await hook('v1.4.0', bad);
  expect(again.pushes[0]?.results).toMatchObject([
    { outcome: 'nothing-to-do', detail: 'held (known-bad)' },
  ]);

  const fixed = await publish('v1.4.1');
  await hook('v1.4.1', fixed);
  const all = await endedDeployments(helper, name, 2);
  expect(movesOf(all)).toEqual(['v1.3.0 → v1.4.0 rolled-back', 'v1.3.0 → v1.4.1 succeeded']);
  expect(await services.runningDigests(name)).toEqual([fixed, fixed]);

  // A person goes back by the tag, and the one that was left stays away.
  await untilGood(helper, name, fixed);
  expect(
    (await helper.post(`/clusters/default/services/${name}/rollback`, { to: 'v1.3.0' })).status,
  ).toBe(202);
  expect(movesOf(await endedDeployments(helper, name, 3)).at(-1)).toBe('v1.4.1 → v1.3.0 succeeded');
  await hook('v1.4.1', fixed);
  expect((await service()).tracking).toMatchObject({
    next: 'v1.4.1',
    held: [{ tag: 'v1.4.1', reason: 'left-by-person' }, { tag: 'v1.4.0' }],
  });
  expect(await endedDeployments(helper, name, 3)).toHaveLength(3);
  await services.remove(name);
});

const SERVICES = 30;
const TRACKING = 10;

test(`of ${SERVICES} services the ${TRACKING} that track are moved, once each`, async () => {
  const { sandbox, services, helper } = stage;
  const repository = 'thirty/web';
  const { digest: first } = await sandbox.pushImage(repository, 'v1.3.0', good('thirty 1.3.0'));
  const isTracking = (index: number): boolean => index % (SERVICES / TRACKING) === 0;
  const nameOf = (index: number): string => `thirty-${String(index).padStart(2, '0')}`;
  const requests = Array.from({ length: SERVICES }, (_, index): ServiceRequest => {
    return {
      name: nameOf(index),
      image: sandbox.image(repository, 'v1.3.0', first),
      // What has no tasks costs nothing, and would be updated all the same.
      replicas: isTracking(index) ? 1 : 0,
      labels: isTracking(index) ? { 'cd-helper.track': 'semver:1.x' } : {},
      monitorMs: 300,
    };
  });
  await services.deploy(...requests);
  const versions = async (): Promise<ReadonlyMap<string, number>> =>
    new Map(
      (await services.list())
        .filter(({ Spec }) => Spec.Name.startsWith('thirty-'))
        .map(({ Spec, Version }) => [Spec.Name, Version.Index]),
    );
  const before = await versions();
  const { digest } = await sandbox.pushImage(repository, 'v1.4.0', good('thirty 1.4.0'));
  await sandbox.moveTag(repository, 'v1.4', digest);
  for (const tag of ['v1.4', 'v1.4.0']) {
    await helper.postHook({ image: sandbox.image(repository, tag), digest });
  }
  const moved = await waitUntil(
    async () => {
      const all = await helper.deployments(
        `?image=${encodeURIComponent(sandbox.image(repository, 'v1.4.0'))}`,
      );
      return all.length === TRACKING && all.every(({ state }) => state === 'succeeded')
        ? all
        : null;
    },
    { what: 'all that track have moved', withinMs: 90_000, everyMs: 200 },
  );
  expect(new Set(moved.map(({ service }) => service.name))).toEqual(
    new Set(requests.flatMap((one, index) => (isTracking(index) ? [one.name] : []))),
  );
  expect(movesOf(moved)).toEqual(
    Array.from({ length: TRACKING }, () => 'v1.3.0 → v1.4.0 succeeded'),
  );
  const after = await versions();
  for (const index of requests.keys()) {
    const name = nameOf(index);
    if (!isTracking(index)) expect([name, after.get(name)]).toEqual([name, before.get(name)]);
  }
  await services.remove(...requests.map(({ name }) => name));
});
