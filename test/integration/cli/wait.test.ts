import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Digest } from '../../../src/core/image/digest.ts';
import { type ApiStage, openApiStage, OPERATOR } from '../../support/http/api-stage.ts';
import { startFakeHelper } from '../../support/program/fake-helper.ts';
import { digestOfChar } from '../../support/work/make-service.ts';
import { type CliResult, runCli } from '../../support/program/run-cli.ts';
import { HOOK_SECRET } from '../../support/program/start-helper.ts';

let stage: ApiStage;
beforeAll(async () => {
  stage = await openApiStage({ engine: { pace: 'real', speed: 20 } });
}, 60_000);
afterAll(() => stage.close());

const PATIENT = ['--timeout', '20s'];

/** As in CI: the secret is in the environment, and there is no terminal. */
const cli = (...argv: readonly string[]): Promise<CliResult> =>
  runCli([...argv, '--url', stage.helper().url], {
    env: { CD_HELPER_HOOK_SECRET: HOOK_SECRET },
    now: Date.now,
    pollMs: 100,
  });
const operate = (...argv: readonly string[]): Promise<CliResult> =>
  runCli([...argv, '--url', stage.helper().url, '--token', OPERATOR], {
    now: Date.now,
    pollMs: 50,
  });

const addService = (repository: string): Digest => {
  const digest = stage.registry.setTag(repository, 'v1', `${repository} one`);
  const name = repository.replaceAll('/', '-');
  stage.engine.addService({ name, image: stage.image(repository, 'v1', digest) });
  return digest;
};
const publish = (repository: string, content: string): Digest =>
  stage.registry.setTag(repository, 'v1', content);
const crash = (repository: string): Digest => {
  const digest = publish(repository, `${repository} crash`);
  stage.engine.setOutcome(digest, { kind: 'crash', exitCode: 3 });
  return digest;
};
const hook = (repository: string, digest: Digest) =>
  stage.helper().postHook({ image: stage.image(repository), digest });

describe('wait', () => {
  it('succeeds when what was pushed runs, and tells each step', async () => {
    addService('wait/good');
    const digest = publish('wait/good', 'two');
    const waiting = cli(
      'wait',
      '--image',
      stage.image('wait/good'),
      '--digest',
      digest,
      ...PATIENT,
    );
    await hook('wait/good', digest);
    const { status, out } = await waiting;
    expect(out).toMatch(/✓ succeeded {2}wait-good {2}\w{12} → \w{12}\nsucceeded: 1 succeeded\n$/);
    expect(status).toBe(0);
    const listed = await operate('deployments', '--digest', digest);
    expect(listed.out).toMatch(/ wait-good .* succeeded|succeeded .* wait-good /);
    const json = await cli('wait', '--image', stage.image('wait/good'), '--json');
    expect(JSON.parse(json.out)).toMatchObject({ state: 'succeeded' });
  });

  it('fails with the message of the task that crashed', async () => {
    addService('wait/bad');
    const digest = crash('wait/bad');
    await hook('wait/bad', digest);
    const asked = ['--image', stage.image('wait/bad'), '--digest', digest, ...PATIENT];
    const { status, out } = await cli('wait', ...asked);
    expect(out).toContain('task-failed: task: non-zero exit (3)');
    expect(status).toBe(1);
  });

  it('fails without a service, unless that is allowed', async () => {
    await hook('wait/none', publish('wait/none', 'one'));
    const asked = ['wait', '--image', stage.image('wait/none')];
    const { status, err } = await cli(...asked);
    expect([status, err]).toEqual([
      1,
      `no service uses ${stage.image('wait/none')}, or all of them are excluded or pinned\n`,
    ]);
    expect((await cli(...asked, '--allow-none')).status).toBe(0);
  });

  it('gives up when the time is over, and says why', async () => {
    const image = stage.image('wait/never');
    const { status, err } = await cli('wait', '--image', image, '--timeout', '1s');
    expect(err).toBe(
      `no webhook about ${image} has arrived yet\nno webhook about ${image} arrived within 1s: is one set up, and does it name this image? cd-helper deliveries\n`,
    );
    expect(status).toBe(3);
  });

  it('does not wait for a freeze, unless it is told to', async () => {
    addService('wait/frozen');
    const freeze = await operate(
      'freeze',
      '--service',
      'wait-frozen',
      '--reason',
      'night',
      '--json',
    );
    const digest = publish('wait/frozen', 'two');
    await hook('wait/frozen', digest);
    const asked = ['wait', '--image', stage.image('wait/frozen'), '--digest', digest];
    const { status, out } = await cli(...asked, ...PATIENT);
    expect(out).toContain('‖ waiting    wait-frozen  frozen: ');
    expect(status).toBe(4);
    const through = cli(...asked, ...PATIENT, '--through-gates');
    await operate('thaw', (JSON.parse(freeze.out) as { id: string }).id);
    expect((await through).status).toBe(0);
  });

  it('goes on where the helper is started again', async () => {
    addService('wait/restart');
    const digest = publish('wait/restart', 'two');
    const waiting = cli(
      'wait',
      '--image',
      stage.image('wait/restart'),
      '--digest',
      digest,
      ...PATIENT,
    );
    await stage.restart();
    await hook('wait/restart', digest);
    expect(await waiting).toMatchObject({ status: 0 });
  });

  it('answers whoever waits when the helper is told to stop', async () => {
    const query = new URLSearchParams({ image: stage.image('wait/stop'), wait: '60s' });
    const url = `${stage.helper().url}/hooks/outcome?${query.toString()}`;
    const headers = { authorization: `Bearer ${HOOK_SECRET}` };
    const waiting = fetch(url, { headers });
    // Once a question that came later was answered, this one waits.
    await fetch(`${stage.helper().url}/hooks/outcome?image=x`, { headers });
    await stage.restart();
    expect(await (await waiting).json()).toMatchObject({ state: 'pending', reason: 'no-push' });
  });

  it.each([
    [[], 'give either --image or --delivery'],
    [['--image', 'a', '--delivery', 'b'], 'give either --image or --delivery'],
    [['--delivery', 'a', '--digest', 'b'], '--digest goes with --image'],
    [['--image', 'A'], '"A" is no image'],
    [['--image', 'a', '--digest', 'b'], '--digest is not a digest'],
    [['--image', 'a', '--timeout', 'soon'], 'A duration such as'],
    [['--delivery', 'none'], 'there is no such delivery'],
    [['--image', 'a', '--cluster', 'nowhere'], 'there is no cluster "nowhere"'],
  ])('is told what is wrong with %j', async (argv, problem) => {
    const { status, err } = await cli('wait', ...argv);
    expect(err).toContain(problem);
    expect(status).toBe(2);
  });

  it('needs a secret or a token, and takes the secret first that is given', async () => {
    const nobody = await runCli(['wait', '--image', 'a', '--url', stage.helper().url]);
    expect([nobody.status, nobody.err]).toEqual([
      2,
      expect.stringContaining('CD_HELPER_HOOK_SECRET'),
    ]);
    const pending = {
      state: 'no-service',
      services: [],
      clusters: [],
      deployments: [],
      deliveries: [],
    };
    await using helper = await startFakeHelper(() => ({ body: pending }));
    const ask = async (argv: readonly string[], env: Readonly<Record<string, string>>) => {
      const files = { '/run/secrets/hook': 'from-file\n' };
      await runCli(['wait', '--image', 'a', '--url', helper.url, ...argv], { env, files });
      const { path, headers } = helper.requests.at(-1) ?? {};
      return `${path} ${headers?.authorization}`;
    };
    const both = { CD_HELPER_HOOK_SECRET: 'hook', CD_HELPER_API_TOKEN: 'api' };
    expect(await ask(['--secret', 'given'], both)).toBe('/hooks/outcome Bearer given');
    expect(await ask(['--token', 'shown'], both)).toBe('/api/v1/outcome Bearer shown');
    expect(await ask([], both)).toBe('/hooks/outcome Bearer hook');
    expect(await ask([], { CD_HELPER_API_TOKEN: 'api' })).toBe('/api/v1/outcome Bearer api');
    const file = { CD_HELPER_HOOK_SECRET_FILE: '/run/secrets/hook' };
    expect(await ask([], file)).toBe('/hooks/outcome Bearer from-file');
  });
});

describe('hook send --wait', () => {
  it('waits for what the webhook caused', async () => {
    const first = addService('wait/send');
    const digest = crash('wait/send');
    const send = (to: Digest, ...more: readonly string[]) =>
      cli('hook', 'send', '--image', stage.image('wait/send'), '--digest', to, '--wait', ...more);
    expect(await send(digest, '20s')).toMatchObject({ status: 1 });
    stage.registry.setTag('wait/send', 'v1', first);
    const well = await send(first, '20s', '--json');
    expect(JSON.parse(well.out)).toMatchObject({ outcome: { state: 'succeeded' } });
    expect(well.status).toBe(0);
  });
});

describe('--wait of what an operator asks for', () => {
  it('fails where the pushed image is held as known-bad', async () => {
    addService('wait/held');
    const digest = crash('wait/held');
    await hook('wait/held', digest);
    await cli('wait', '--image', stage.image('wait/held'), '--digest', digest, ...PATIENT);
    const run = await operate('smart-redeploy', '--service', 'wait-held', '--yes', '--wait');
    expect(run.out).toContain('1 service: 1 held; nothing was redeployed');
    expect(run.status).toBe(1);
    const redeploy = await operate('redeploy', 'wait-held', '--wait');
    expect(redeploy.err).toContain('wait-held is held (known-bad)');
    expect(redeploy.status).toBe(1);
  });

  it('succeeds where the service is current already', async () => {
    addService('wait/current');
    const redeploy = await operate('redeploy', 'wait-current', '--wait');
    expect(redeploy).toMatchObject({ status: 0, err: expect.stringContaining('is current') });
    expect((await operate('redeploy', 'wait-current')).status).toBe(1);
    const run = await operate('smart-redeploy', '--service', 'wait-current', '--yes', '--wait');
    expect(run.status).toBe(0);
  });

  it.each([
    ['good', 0],
    ['bad', 1],
  ])('joins a deployment that is in progress: %s', async (kind, expected) => {
    for (const ask of ['redeploy', 'smart-redeploy']) {
      const repository = `wait/${kind}-${ask}`;
      const name = repository.replace('/', '-');
      addService(repository);
      const digest = kind === 'bad' ? crash(repository) : publish(repository, 'two');
      await hook(repository, digest);
      await stage.until('its update is sent', async () => {
        const { body } = await stage.ask(`/api/v1/deployments?service=${name}`);
        const [newest] = (body as { items: { state: string }[] }).items;
        if (newest?.state !== 'verifying') throw new Error(String(newest?.state));
      });
      const argv = ask === 'redeploy' ? [ask, name] : [ask, '--service', name, '--yes'];
      const { status, out, err } = await operate(...argv, '--wait');
      expect({ ask, status, out, err }).toMatchObject({ status: expected });
      const { body } = await stage.ask(`/api/v1/deployments?service=${name}`);
      expect((body as { items: unknown[] }).items).toHaveLength(1);
    }
  });
});

it('a service that does not exist is a usage error, with a suggestion', async () => {
  const { status, err } = await operate('smart-redeploy', '--service', 'wait-curent', '--yes');
  expect([status, err]).toEqual([
    2,
    'there is no service "wait-curent"\ndid you mean wait-current?\n',
  ]);
});

it('a digest that nobody pushed is not taken for another', async () => {
  addService('wait/other');
  await hook('wait/other', publish('wait/other', 'two'));
  const asked = ['--image', stage.image('wait/other'), '--digest', digestOfChar('f')];
  expect((await cli('wait', ...asked, '--timeout', '1s')).status).toBe(3);
});
