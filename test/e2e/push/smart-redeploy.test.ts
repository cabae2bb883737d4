import { beforeAll, describe, expect, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { freePort } from '../../../sandbox/machine/network.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { PushedImage } from '../../../sandbox/registry/push.ts';
import type { ServiceRequest } from '../../../sandbox/swarm/service-spec.ts';
import type { RunView } from '../../../src/core/contract/run-views.ts';
import { runCommand } from '../../support/program/run-command.ts';
import { runProgram } from '../../support/program/run-program.ts';
import { useStage } from '../../support/stage/use-stage.ts';

const SERVICES = 60;
const IMAGES = 20;
/** Services that run, and so show that the update is real; the others have no tasks and cost nothing. */
const OBSOLETE = 7;
const SELECTED = { stacks: ['sr-*'] };

const repository = (image: number): string => `smart/app-${image}`;
const serviceName = (index: number): string => `sr-${String(index).padStart(2, '0')}`;

describe('SmartRedeploy of a cluster', () => {
  const stage = useStage();
  const published = new Map<number, PushedImage>();

  const versions = async (): Promise<Record<string, number>> => {
    const own = (await stage.services.list()).filter(({ Spec }) => Spec.Name.startsWith('sr-'));
    return Object.fromEntries(own.map(({ Spec, Version }) => [Spec.Name, Version.Index]));
  };

  beforeAll(async () => {
    const { sandbox, services } = stage;
    for (let image = 0; image < IMAGES; image += 1) {
      published.set(image, await sandbox.pushImage(repository(image), 'v1', good(`one-${image}`)));
    }
    const gone = await sandbox.pushImage('smart/gone', 'v1', good('gone'));
    const unreachable = `127.0.0.1:${await freePort()}/smart/away:v1@${gone.digest}`;
    const requests: ServiceRequest[] = [];
    for (let index = 0; index < SERVICES; index += 1) {
      const image = index % IMAGES;
      const digest = published.get(image)?.digest ?? '';
      requests.push({
        name: serviceName(index),
        image: sandbox.image(repository(image), 'v1', digest),
        // Image 0 is used by services 0, 20 and 40; images 1 and 2 likewise: nine services, two excepted below.
        replicas: image < 3 ? 1 : 0,
        labels: { 'com.docker.stack.namespace': `sr-${'abc'[index % 3]}` },
      });
    }
    const change = (index: number, part: Partial<ServiceRequest>): void => {
      const request = requests[index];
      if (request !== undefined) requests[index] = { ...request, ...part };
    };
    const labels = { 'com.docker.stack.namespace': 'sr-a' };
    change(22, { labels: { ...labels, 'cd-helper.enabled': 'false' } });
    change(42, { image: `${sandbox.registry.host}/${repository(2)}@${published.get(2)?.digest}` });
    change(50, { image: sandbox.image('smart/gone', 'v1', gone.digest) });
    change(51, { image: sandbox.image('smart/gone', 'v1', gone.digest) });
    change(52, { image: unreachable });
    await services.deploy(...requests);
    await sandbox.engines[0].api.call('POST', '/services/create', {
      body: {
        Name: 'sr-job',
        Labels: labels,
        Mode: { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 0 } },
        TaskTemplate: {
          ContainerSpec: { Image: sandbox.image(repository(0), 'v1', published.get(0)?.digest) },
          RestartPolicy: { Condition: 'none' },
        },
      },
    });
    for (const image of [0, 1, 2]) {
      published.set(image, await sandbox.pushImage(repository(image), 'v1', good(`two-${image}`)));
    }
    await sandbox.deleteManifest('smart/gone', gone.digest);
  });

  const obsolete = [0, 1, 2, 20, 21, 40, 41].map(serviceName);

  test('a dry run names exactly what is obsolete and changes nothing', async () => {
    const { helper } = stage;
    const before = await versions();
    const answer = await helper.post('/smart-redeploy', { ...SELECTED, dryRun: true });
    expect(answer.status).toBe(200);
    const run = (await answer.json()) as RunView;
    expect(run).toMatchObject({
      state: 'done',
      dryRun: true,
      counts: { obsolete: OBSOLETE, unknown: 3, pinned: 1, excluded: 2, current: 48 },
    });
    const named = (verdict: string): string[] =>
      run.services.filter((service) => service.verdict === verdict).map(({ name }) => name);
    expect(named('obsolete').toSorted()).toEqual(obsolete);
    expect(named('pinned')).toEqual([serviceName(42)]);
    expect(named('excluded').toSorted()).toEqual([serviceName(22), 'sr-job']);
    const reasons = Object.fromEntries(
      run.services
        .filter(({ verdict }) => verdict === 'unknown')
        .map(({ name, reason }) => [name, reason]),
    );
    expect(reasons).toEqual({ 'sr-50': 'tag-gone', 'sr-51': 'tag-gone', 'sr-52': 'unreachable' });
    expect(await versions()).toEqual(before);
    expect(await helper.deployments()).toEqual([]);
  });

  test('the command line shows the same with no helper at all, and changes nothing', async () => {
    const before = await versions();
    const { registry, engines } = stage.sandbox;
    const shown = await runProgram(
      `smart-redeploy --dry-run --engine ${engines[0].url} --stack sr-* --json`.split(' '),
      { env: { CD_HELPER_REGISTRY_INSECURE: registry.host } },
    );
    const shownServices = (JSON.parse(shown.out) as { services: RunView['services'] }).services;
    expect(
      shownServices
        .filter(({ verdict }) => verdict === 'obsolete')
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(obsolete);
    expect(shown.status).toBe(3);
    expect(await versions()).toEqual(before);
  });

  test('the run redeploys them, verified, and a second run redeploys nothing', async () => {
    const { helper, services } = stage;
    const before = await versions();
    const command = 'smart-redeploy --stack sr-* --yes --wait'.split(' ');
    const done = await runCommand(helper, ...command);
    expect(done.stdout).toContain('obsolete');
    // Three services could not be checked.
    expect(done.code).toBe(3);
    const deployments = await helper.deployments();
    expect(deployments.map(({ service }) => service.name).toSorted()).toEqual(obsolete);
    for (const { state, triggers } of deployments) {
      expect(state).toBe('succeeded');
      expect(triggers).toMatchObject([{ kind: 'smart-redeploy' }]);
    }
    for (const index of [0, 20, 40]) {
      expect(await services.runningDigests(serviceName(index))).toEqual([published.get(0)?.digest]);
    }
    const after = await versions();
    const changed = Object.keys(after).filter((name) => after[name] !== before[name]);
    expect(changed.toSorted()).toEqual(obsolete);

    const again = (await (await helper.post('/smart-redeploy', SELECTED)).json()) as RunView;
    const ended = await waitUntil(
      async () => {
        const run = await helper.get<RunView>(`/runs/${again.id}`);
        return run.endedAt === null ? null : run;
      },
      { what: 'the second run ends', withinMs: 60_000 },
    );
    expect(ended.counts).toMatchObject({ current: 55, unknown: 3, pinned: 1, excluded: 2 });
    expect(ended.counts.obsolete).toBeUndefined();
    expect(await helper.deployments()).toHaveLength(OBSOLETE);
    expect(await versions()).toEqual(after);
  });
});
