import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { crashing, good, type Sample } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { WaitingView } from '../../../src/core/policy/approvals/waiting-view.ts';
import type { DeploymentView } from '../../../src/core/contract/views.ts';
import { type ForgeDouble, startForgeDouble } from '../../support/notify/forge-double.ts';
import { ownSandbox } from '../../support/stage/own-sandbox.ts';
import { deploySettled } from '../../support/stage/settled-service.ts';
import { API_TOKEN, HOOK_SECRET } from '../../support/program/start-helper.ts';
import { useStage } from '../../support/stage/use-stage.ts';

const TOKEN = 'token-of-the-forge-0123456789';
/** As the sample images have it. */
const commitOf = ({ version }: Sample): string => createHash('sha1').update(version).digest('hex');

describe('a forge that is told what runs', () => {
  let double: ForgeDouble;
  beforeAll(async () => {
    double = await startForgeDouble('github', { token: TOKEN });
  });
  afterAll(() => double.close());

  const stage = useStage(() => {
    const { engines, registry } = ownSandbox();
    return {
      env: { CD_HELPER_ENGINE_URL: '', CD_HELPER_HOOK_SECRET: '', CD_HELPER_API_TOKEN: '' },
      config: {
        publicUrl: 'https://cd.example.org',
        clusters: [{ name: 'default', type: 'engine', url: engines[0].url }],
        registries: [{ host: registry.host, insecure: true }],
        hooks: { secrets: [{ name: 'main', value: HOOK_SECRET }] },
        api: { tokens: [{ name: 'main', role: 'operator', value: API_TOKEN }] },
        forges: [
          {
            type: 'github',
            url: double.url,
            token: TOKEN,
            sources: { [`${registry.host}/forges/*`]: 'acme/web' },
            environments: { default: 'production' },
          },
        ],
      },
    };
  });

  const NAME = 'forges-web';
  const push = async (sample: Sample): Promise<string> => {
    const { digest } = await stage.sandbox.pushImage('forges/web', 'v1', sample);
    await stage.helper.postHook({ image: stage.sandbox.image('forges/web', 'v1'), digest });
    return digest;
  };
  const told = (sample: Sample, state: string) =>
    waitUntil(
      async () => {
        const found = double.deployments.find(({ sha }) => sha === commitOf(sample));
        return found?.states.at(-1) === state ? found : null;
      },
      { what: `the forge is told ${state}`, withinMs: 90_000, everyMs: 100 },
    );

  test('shows success once the tasks are verified, and failure with what the task said', async () => {
    const first = good('forges one');
    const { digest } = await stage.sandbox.pushImage('forges/web', 'v1', first);
    await deploySettled(stage.services, {
      name: NAME,
      image: stage.sandbox.image('forges/web', 'v1', digest),
      monitorMs: 1_500,
      labels: { 'cd-helper.url': 'https://shop.example.org' },
    });

    const second = good('forges two');
    const to = await push(second);
    const succeeded = await told(second, 'success');
    expect(await stage.services.runningDigests(NAME)).toEqual([to]);
    expect(succeeded).toMatchObject({ repository: 'acme/web', environment: 'production' });
    expect(succeeded.bodies.at(-1)).toMatchObject({
      description: '1 service verified',
      environment_url: 'https://shop.example.org',
      log_url: expect.stringMatching(/^https:\/\/cd\.example\.org\/#\/deployments\//),
    });

    const third = crashing('forges three', { afterMs: 200, code: 7 });
    await push(third);
    const failed = await told(third, 'failure');
    // The second has not run for long enough to be known as good.
    expect(failed.bodies.at(-1)?.['description']).toBe(
      `${NAME} rolled back to ${digest.slice(0, 19)}: task: non-zero exit (7)`,
    );
    expect(await stage.services.runningDigests(NAME)).toEqual([digest]);
    const [newest] = await stage.helper.deployments(`?service=${NAME}`);
    const one = await stage.helper.get<DeploymentView>(`/deployments/${newest?.id}`);
    expect(one.forge).toMatchObject({
      state: 'failure',
      delivery: 'sent',
      commit: commitOf(third),
    });
  });

  test('shows what waits for a vote as queued, also after a crash, and the same deployment goes on', async () => {
    const name = 'forges-pay';
    const image = stage.sandbox.image('forges/pay', 'v1');
    const publish = (sample: Sample) => stage.sandbox.pushImage('forges/pay', 'v1', sample);
    const first = good('forges pay one');
    const { digest: running } = await publish(first);
    await deploySettled(stage.services, {
      name,
      image: `${image}@${running}`,
      monitorMs: 1_000,
      labels: { 'cd-helper.approval': '1' },
    });
    const second = good('forges pay two');
    const { digest } = await publish(second);
    await stage.helper.postHook({ image, digest });
    const queued = await told(second, 'queued');
    expect(queued.bodies.at(-1)).toMatchObject({
      description: `${name} waits: 0 of 1 vote; it expires otherwise`,
      log_url: 'https://cd.example.org/#/waiting',
    });
    const { items } = await stage.helper.get<{ items: readonly WaitingView[] }>('/waiting');
    expect(items[0]?.compareUrl).toBe(
      `${double.url}/acme/web/compare/${commitOf(first)}...${commitOf(second)}`,
    );
    await stage.helper.kill();
    await stage.restart();
    const third = good('forges pay three');
    const { digest: newer } = await publish(third);
    await stage.helper.postHook({ image, digest: newer });
    await told(third, 'queued');
    expect((await told(second, 'error')).bodies.at(-1)?.['description']).toBe(
      `superseded by ${commitOf(third).slice(0, 7)}`,
    );
    await stage.helper.post(`/clusters/default/services/${name}/approve`, { digest: newer });
    const done = await told(third, 'success');
    expect(await stage.services.runningDigests(name)).toEqual([newer]);
    expect(new Set(done.states)).toEqual(new Set(['queued', 'in_progress', 'success']));
    const ofIt = double.deployments.filter(({ sha }) => sha === commitOf(third));
    expect(ofIt).toHaveLength(1);
  });
});
