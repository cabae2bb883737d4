import { expect, test } from 'vitest';
import pLimit from 'p-limit';
import { good } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { readAccessLog } from '../../../sandbox/registry/access-log.ts';
import type { RunView } from '../../../src/core/contract/run-views.ts';
import type { ServiceView } from '../../../src/core/contract/views.ts';
import { endedDelivery, endedDeployments } from '../../support/stage/open-stage.ts';
import { runCommand } from '../../support/program/run-command.ts';
import { deploySettled } from '../../support/stage/settled-service.ts';
import { movesOf, tagOfSpec } from '../../support/fake-registry/tag-scheme.ts';
import { useStage } from '../../support/stage/use-stage.ts';

const TAGS = 5_000;
const AT_ONCE = 8;
const REPOSITORY = 'many/web';
const stage = useStage();

const run = async (dryRun: boolean): Promise<RunView> => {
  const { helper } = stage;
  const answer = await helper.post('/smart-redeploy', { services: ['many-*'], dryRun });
  const { id } = (await answer.json()) as RunView;
  return waitUntil(
    async () => {
      const found = await helper.get<RunView>(`/runs/${id}`);
      return found.endedAt === null ? null : found;
    },
    { what: 'the run has ended', withinMs: 90_000, everyMs: 100 },
  );
};

/** Lists of tags that the registry was asked for so far, of whatever repository. */
const lists = async (): Promise<readonly string[]> => {
  const entries = await readAccessLog(stage.sandbox.registry.accessLog);
  return entries.flatMap(({ path }) => (path.includes('/tags/list') ? [path] : []));
};

test('of 5,000 tags a run lists the newest once, and nothing else lists any', async () => {
  const { sandbox, services, helper } = stage;
  const { digest: old } = await sandbox.pushImage(REPOSITORY, 'v1.0.0', good('many 1'));
  const limit = pLimit(AT_ONCE);
  const tags = Array.from({ length: TAGS - 1 }, (_, n) =>
    n % 5 === 0 ? `pr-${n}` : `v1.${n}.0-rc.${n}`,
  );
  await Promise.all(tags.map((tag) => limit(() => sandbox.moveTag(REPOSITORY, tag, old))));
  await sandbox.moveTag(REPOSITORY, `${old.replace(':', '-')}.sig`, old);
  for (const [name, track] of [
    ['many-web', 'semver:1.x'],
    ['many-api', 'glob:v1.*'],
  ] as const) {
    await deploySettled(services, {
      name,
      image: sandbox.image(REPOSITORY, 'v1.0.0', old),
      labels: { 'cd-helper.track': track },
      monitorMs: 300,
    });
  }
  const before = (await lists()).length;

  // A push, everything that is read, and what a person asks of one service.
  const pushed = await sandbox.pushImage(REPOSITORY, 'v1.10000.0', good('many 2'));
  const image = sandbox.image(REPOSITORY, 'v1.10000.0');
  await endedDelivery(helper, await helper.postHook({ image, digest: pushed.digest }));
  for (const name of ['many-web', 'many-api']) {
    expect(movesOf(await endedDeployments(helper, name))).toEqual([
      'v1.0.0 → v1.10000.0 succeeded',
    ]);
  }
  await helper.services();
  const shown = await helper.get<ServiceView>('/clusters/default/services/many-web');
  expect(shown.tracking).toMatchObject({ newest: 'v1.10000.0', next: null });
  expect((await helper.post('/clusters/default/services/many-web/check')).status).toBe(200);
  expect((await lists()).length).toBe(before);

  // A release whose webhook never came.
  const missed = await sandbox.pushImage(REPOSITORY, 'v1.10001.0', good('many 3'));
  const plan = await run(true);
  const found = plan.services.find(({ name }) => name === 'many-web');
  expect(found).toMatchObject({
    verdict: 'obsolete',
    target: { tag: 'v1.10001.0', digest: missed.digest },
    detail: 'would move v1.10000.0 → v1.10001.0: matches semver:1.x, newest of 5,002 tags',
  });
  const told = await runCommand(helper, 'smart-redeploy', '--dry-run', '--service', 'many-web');
  expect(told.stdout).toContain(
    'many-web would move v1.10000.0 → v1.10001.0: matches semver:1.x, newest of 5,002 tags',
  );
  const done = await run(false);
  expect(done.state).toBe('done');
  for (const name of ['many-web', 'many-api']) {
    const { Spec } = await services.inspect(name);
    expect(tagOfSpec(Spec.TaskTemplate.ContainerSpec.Image)).toBe('v1.10001.0');
    expect(await services.runningDigests(name)).toEqual([missed.digest]);
  }
  // Three runs, two services each: one list each, of one page, as distribution 2 gives them.
  const after = await lists();
  expect(after.slice(before)).toEqual(
    Array.from({ length: 3 }, () => `/v2/${REPOSITORY}/tags/list?n=1000`),
  );
});
