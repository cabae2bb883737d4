import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Digest } from '../../../src/core/image/digest.ts';
import type { OutcomeView } from '../../../src/core/outcome/outcome.ts';
import type { DeploymentView, Page } from '../../../src/core/contract/views.ts';
import { type ApiStage, openApiStage, VIEWER } from '../../support/http/api-stage.ts';
import { digestOfChar } from '../../support/work/make-service.ts';
import { HOOK_SECRET } from '../../support/program/start-helper.ts';

const SCOPED = 'a-secret-for-acme-alone-0123456789abcdef';
const TELLING = 'a-secret-that-is-told-logs-0123456789abc';
const SILENT = 'a-secret-that-may-not-ask-0123456789abcd';

let stage: ApiStage;
beforeAll(async () => {
  stage = await openApiStage({
    engine: { pace: 'real', speed: 20 },
    config: {
      hooks: {
        secrets: [
          { name: 'main', value: HOOK_SECRET },
          { name: 'scoped', value: SCOPED, repositories: ['**/acme/*'] },
          { name: 'telling', value: TELLING, logs: true },
          { name: 'silent', value: SILENT, outcome: false },
        ],
      },
    },
  });
}, 60_000);
afterAll(() => stage.close());

type Asked = Readonly<Record<string, string | readonly string[]>>;

const queryOf = (asked: Asked): string => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(asked)) {
    for (const one of [value].flat()) query.append(name, one);
  }
  return String(query);
};

/** Asks with a hook secret in a header, as the documentation says. */
const ask = async (asked: Asked, secret = HOOK_SECRET) => {
  const { status, body, headers } = await stage.ask(`/hooks/outcome?${queryOf(asked)}`, {
    token: secret,
  });
  return {
    status,
    headers,
    outcome: body as OutcomeView,
    detail: (body as { detail?: string }).detail,
  };
};

const settled = async (asked: Asked): Promise<OutcomeView> =>
  stage.until('an end', async () => {
    const { status, outcome } = await ask({ ...asked, wait: '15s' });
    if (status !== 200 || outcome.state === 'pending') throw new Error(JSON.stringify(outcome));
    return outcome;
  });

const addService = (repository: string, name = repository.replaceAll('/', '-')): Digest => {
  const digest = stage.registry.setTag(repository, 'v1', `${repository} one`);
  stage.engine.addService({ name, image: stage.image(repository, 'v1', digest) });
  return digest;
};
const publish = (repository: string, content: string): Digest =>
  stage.registry.setTag(repository, 'v1', content);
const hook = async (repository: string, digest?: Digest): Promise<string> => {
  const body = { image: stage.image(repository), ...(digest === undefined ? {} : { digest }) };
  const answer = await stage.helper().postHook(body);
  return ((await answer.json()) as { delivery: string }).delivery;
};
const deployments = async (query: string): Promise<readonly DeploymentView[]> =>
  ((await stage.ask(`/api/v1/deployments?${query}`)).body as Page<DeploymentView>).items;

describe('the outcome of a push', () => {
  it('that is deployed is succeeded, by image and digest, by image and by delivery', async () => {
    const from = addService('acme/good');
    const to = publish('acme/good', 'two');
    const delivery = await hook('acme/good', to);
    const image = stage.image('acme/good');
    const outcome = await settled({ image, digest: to });
    expect(outcome).toMatchObject({
      state: 'succeeded',
      reason: null,
      services: [{ cluster: 'default', service: 'acme-good', state: 'succeeded' }],
      deployments: [{ service: 'acme-good', image, from, to, state: 'succeeded' }],
      gates: [],
      deliveries: [delivery],
    });
    expect((await settled({ image })).deployments).toEqual(outcome.deployments);
    expect((await settled({ delivery })).deployments).toEqual(outcome.deployments);
    const { body } = await stage.ask(`/api/v1/outcome?${queryOf({ delivery })}`, { token: VIEWER });
    expect(body).toMatchObject({ state: 'succeeded', deliveries: [delivery] });
    const [deployment] = outcome.deployments;
    for (const query of [`delivery=${delivery}`, `digest=${to}`]) {
      expect((await deployments(query)).map(({ id }) => id)).toEqual([deployment?.id]);
    }
  });

  it('is asked about before the webhook comes', async () => {
    addService('acme/early');
    const to = publish('acme/early', 'two');
    const image = stage.image('acme/early');
    expect((await ask({ image, digest: to })).outcome).toMatchObject({
      state: 'pending',
      reason: 'no-push',
      services: [],
    });
    const waiting = ask({ image, digest: to, wait: '15s' });
    await hook('acme/early', to);
    expect((await waiting).outcome).toMatchObject({ state: 'succeeded' });
  });

  it('that crashes is failed, with the message of the task', async () => {
    addService('acme/bad');
    const to = publish('acme/bad', 'crash');
    stage.engine.setOutcome(to, { kind: 'crash', exitCode: 3 });
    stage.engine.setLog(to, ['cannot read the configuration']);
    const delivery = await hook('acme/bad', to);
    const outcome = await settled({ delivery });
    expect(outcome).toMatchObject({
      state: 'failed',
      services: [{ service: 'acme-bad', state: 'failed', reason: 'task-failed' }],
      deployments: [{ failure: { message: 'task: non-zero exit (3)', exitCode: 3, log: [] } }],
    });
    const told = await ask({ delivery }, TELLING);
    expect(told.outcome.deployments[0]?.failure?.log).toEqual(['cannot read the configuration']);
    // A second webhook for it finds it held.
    const again = await settled({ delivery: await hook('acme/bad', to) });
    expect(again).toMatchObject({
      state: 'failed',
      services: [{ state: 'failed', reason: 'known-bad', detail: 'task: non-zero exit (3)' }],
      deployments: outcome.deployments,
    });
  });

  it('of a digest that runs already is succeeded', async () => {
    const digest = addService('acme/same');
    const outcome = await settled({ delivery: await hook('acme/same', digest) });
    expect(outcome).toMatchObject({
      state: 'succeeded',
      services: [{ service: 'acme-same', state: 'succeeded', reason: 'already-current' }],
      deployments: [],
    });
  });

  it('without a service is no-service', async () => {
    const digest = publish('acme/nobody', 'one');
    expect(await settled({ delivery: await hook('acme/nobody', digest) })).toMatchObject({
      state: 'no-service',
      services: [],
    });
  });

  it('without a digest ends with its deployment, not with its follow-ups', async () => {
    addService('acme/plain');
    const to = publish('acme/plain', 'two');
    const delivery = await hook('acme/plain');
    expect(await settled({ delivery })).toMatchObject({ state: 'succeeded' });
    const { body } = await stage.ask(`/api/v1/deliveries/${delivery}`);
    expect(body).toMatchObject({ pushes: [{ results: [{ state: 'waiting' }] }] });
    // It counts for whoever asks by the digest that the registry showed.
    expect(await settled({ image: stage.image('acme/plain'), digest: to })).toMatchObject({
      state: 'succeeded',
      deliveries: [delivery],
    });
  });

  it('that is held by a freeze waits, and says so', async () => {
    addService('acme/frozen');
    await stage.ask('/api/v1/freezes', {
      method: 'POST',
      body: { service: 'acme-frozen', reason: 'release night' },
    });
    const to = publish('acme/frozen', 'two');
    const delivery = await hook('acme/frozen', to);
    expect(await settled({ delivery })).toMatchObject({
      state: 'waiting',
      services: [
        {
          state: 'waiting',
          reason: 'frozen',
          detail: 'frozen until it is lifted: release night',
        },
      ],
    });
  });
});

describe('whoever asks with a hook secret', () => {
  it('is told only of what the secret can announce', async () => {
    addService('other/app');
    const digest = publish('other/app', 'two');
    const delivery = await hook('other/app', digest);
    await settled({ delivery });
    const image = stage.image('other/app');
    expect(await ask({ image, digest }, SCOPED)).toMatchObject({
      status: 403,
      detail: `this secret cannot announce ${image}, so it cannot ask about it`,
    });
    expect((await ask({ delivery }, SCOPED)).status).toBe(404);
    expect((await ask({ delivery: 'none' })).status).toBe(404);
    expect((await ask({ image }, SILENT)).status).toBe(403);
    expect((await ask({ image }, 'a-wrong-secret')).status).toBe(401);
    expect((await ask({ image, cluster: 'nowhere' })).status).toBe(404);
    const malformed: readonly Asked[] = [
      {},
      { image, delivery },
      { digest },
      { image: 'acme//app' },
      { image, digest: 'x' },
      { image, wait: 'x' },
    ];
    for (const asked of malformed) expect((await ask(asked)).status).toBe(400);
    const inPath = await stage.ask(`/hooks/${HOOK_SECRET}/outcome?${queryOf({ image })}`, {
      token: null,
    });
    expect(inPath).toMatchObject({ status: 200, body: { state: 'succeeded' } });
  });

  it('has at most 20 questions waiting at one time', async () => {
    const image = stage.image('acme/never');
    const asked = { image, digest: digestOfChar('e') };
    const waiting = Array.from({ length: 21 }, () => ask({ ...asked, wait: '2s' }, SCOPED));
    const statuses = (await Promise.all(waiting)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
    expect(statuses.filter((status) => status === 200)).toHaveLength(20);
    expect((await ask(asked, SCOPED)).status).toBe(200);
  });
});
