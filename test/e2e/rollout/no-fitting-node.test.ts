import { expect, test } from 'vitest';
import { foreign, good, type Sample } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { endedDeployments } from '../../support/stage/open-stage.ts';
import { useStage } from '../../support/stage/use-stage.ts';

const stage = useStage();

/** The second follow-up of a webhook without a digest comes after 30 s. */
const TWO_FOLLOW_UPS_MS = 33_000;

/** What changes where anything at all is done to a service or its tasks. */
const footprint = async (name: string) => {
  const tasks = await stage.services.tasks(name);
  return {
    version: await stage.services.versionOf(name),
    tasks: tasks.map(({ ID, Status }) => [ID, Status.State, Status.Timestamp]),
  };
};

const checkedAt = async (name: string): Promise<number> => {
  const [view] = await stage.helper.services(`?q=${name}`);
  return Date.parse(view?.checkedAt ?? '');
};

test.each<[string, string, (name: string) => Sample]>([
  ['an index for other machines, with an attestation', 'index', (name) => foreign(name, 'index')],
  ['a plain image for other machines', 'plain', (name) => foreign(name, 'manifest')],
])('%s: no second of downtime, and one record', async (_what, shape, sample) => {
  const { helper, sandbox, services } = stage;
  const name = `unfit-${shape}`;
  const repository = `unfit/${shape}`;
  const image = sandbox.image(repository, 'v1');
  const one = await sandbox.pushImage(repository, 'v1', good(`${name} one`));
  // Nothing is known that it could go back to.
  await services.deploy({ name, image: `${image}@${one.digest}` });
  const before = await footprint(name);

  const { digest: to } = await sandbox.pushImage(repository, 'v1', sample(`${name} two`));
  const pushedAt = Date.now();
  await helper.postHook({ image });
  const [deployment] = await endedDeployments(helper, name);
  expect(deployment).toMatchObject({ state: 'failed', reason: 'no-fitting-node', to });
  expect(deployment?.failure?.message).toMatch(/^the image is built for linux\/\w+, and the nodes/);
  expect(deployment?.steps.map(({ step }) => step)).not.toContain('update-sent');

  await waitUntil(
    async () => ((await checkedAt(name)) - pushedAt > TWO_FOLLOW_UPS_MS - 4_000 ? true : null),
    { what: 'two follow-ups have been', withinMs: 60_000, everyMs: 500 },
  );
  const run = await helper.post('/smart-redeploy', { services: [name] });
  expect(run.status).toBe(202);
  const again = Date.now();
  await helper.postHook({ image, digest: to });
  await waitUntil(async () => ((await checkedAt(name)) > again ? true : null), {
    what: 'the second push was checked',
    withinMs: 30_000,
  });
  expect(await helper.deployments(`?service=${name}`)).toHaveLength(1);
  expect(await helper.services(`?q=${name}`)).toMatchObject([
    { verdict: 'held', reason: 'no-fitting-node', running: one.digest },
  ]);
  expect(await footprint(name)).toEqual(before);

  // What fits is deployed without anybody's doing.
  const { digest: fits } = await sandbox.pushImage(repository, 'v1', good(`${name} three`));
  await helper.postHook({ image, digest: fits });
  const [, next, ...more] = await endedDeployments(helper, name, 2);
  expect(more).toEqual([]);
  expect(next).toMatchObject({ state: 'succeeded', to: fits });
  await services.remove(name);
});

test('constraints that no node satisfies: the update is not sent until one does', async () => {
  const { helper, sandbox, services } = stage;
  const name = 'unfit-constraints';
  const repository = 'unfit/constraints';
  const image = sandbox.image(repository, 'v1');
  const one = await sandbox.pushImage(repository, 'v1', good(`${name} one`));
  await services.create({
    name,
    image: `${image}@${one.digest}`,
    constraints: ['node.labels.unfit == no'],
  });
  const before = await services.versionOf(name);
  const { digest: to } = await sandbox.pushImage(repository, 'v1', good(`${name} two`));
  await helper.postHook({ image, digest: to });
  const [deployment] = await endedDeployments(helper, name);
  expect(deployment).toMatchObject({ state: 'failed', reason: 'no-fitting-node', to });
  expect(deployment?.failure?.message).toContain('node.labels.unfit == no');
  expect(await services.versionOf(name)).toBe(before);

  const { docker } = sandbox.engines[0];
  const node = (await docker('node', 'ls', '--quiet')).trim();
  await docker('node', 'update', '--label-add', 'unfit=no', node);
  await helper.postHook({ image, digest: to });
  const [, next] = await endedDeployments(helper, name, 2);
  expect(next).toMatchObject({ state: 'succeeded', to });
  await services.remove(name);
});
