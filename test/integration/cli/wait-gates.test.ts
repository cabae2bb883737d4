import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Digest } from '../../../src/core/image/digest.ts';
import type { OutcomeView } from '../../../src/core/outcome/outcome.ts';
import { type ApiStage, APPROVER, openApiStage, OPERATOR } from '../../support/http/api-stage.ts';
import { type CliResult, runCli } from '../../support/program/run-cli.ts';
import { HOOK_SECRET } from '../../support/program/start-helper.ts';

let stage: ApiStage;
beforeAll(async () => {
  stage = await openApiStage({ engine: { pace: 'real', speed: 20 } });
}, 120_000);
afterAll(() => stage.close());

const PATIENT = ['--timeout', '60s'];
/** As in CI: the secret is in the environment, and there is no terminal. */
const cli = (...argv: readonly string[]): Promise<CliResult> =>
  runCli([...argv, '--url', stage.helper().url], {
    env: { CD_HELPER_HOOK_SECRET: HOOK_SECRET },
    now: Date.now,
    pollMs: 50,
  });
const operate = (...argv: readonly string[]): Promise<CliResult> =>
  runCli([...argv, '--url', stage.helper().url, '--token', OPERATOR], {
    now: Date.now,
    pollMs: 50,
  });

/** A window of one minute a year ahead of any test: tomorrow's weekday is never today's. */
const otherDay = (): string =>
  ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][(new Date().getUTCDay() + 3) % 7] ?? 'sun';

/** A service with these labels, and a push of another image for it. */
const play = async (name: string, labels: Readonly<Record<string, string>>) => {
  const repository = `gated/${name}`;
  const first = stage.registry.setTag(repository, 'v1', `${name} one`);
  stage.engine.addService({ name, image: stage.image(repository, 'v1', first), labels });
  const digest: Digest = stage.registry.setTag(repository, 'v1', `${name} two`);
  const answer = await stage.helper().postHook({ image: stage.image(repository), digest });
  const { delivery } = (await answer.json()) as { delivery: string };
  return { image: stage.image(repository), digest, delivery };
};
const outcome = (delivery: string, token: string | null = OPERATOR): Promise<OutcomeView> =>
  stage.until('an outcome that is not pending', async () => {
    const address = token === null ? `/hooks/${HOOK_SECRET}/outcome` : '/api/v1/outcome';
    const { body } = await stage.ask(`${address}?delivery=${delivery}&wait=15s`, { token });
    if ((body as OutcomeView).state === 'pending') throw new Error(JSON.stringify(body));
    return body as OutcomeView;
  });
const decide = async (name: string, what: string, token: string): Promise<void> => {
  const body = what === 'reject' ? { reason: 'no migration' } : {};
  const address = `/api/v1/clusters/default/services/${name}/${what}`;
  const { status, text } = await stage.ask(address, { method: 'POST', token, body });
  if (status !== 200) throw new Error(`${status} ${text}`);
};

describe('a push that waits at a gate', () => {
  it.each([
    ['min-age', { 'cd-helper.min-age': '72h' }],
    ['window', { 'cd-helper.window': `${otherDay()} 09:00-09:01 UTC` }],
    ['approval', { 'cd-helper.approval': '2' }],
  ] as const)('%s: the outcome is waiting, and wait ends with 4 at once', async (gate, labels) => {
    const name = `one-${gate}`;
    const { image, digest, delivery } = await play(name, labels);
    for (const token of [OPERATOR, null]) {
      expect(await outcome(delivery, token)).toMatchObject({
        state: 'waiting',
        services: [{ service: name, state: 'waiting', reason: gate }],
        deployments: [],
        gates: [{ service: name, gate }],
      });
    }
    const asked = ['wait', '--image', image, '--digest', digest, ...PATIENT];
    const told = await cli(...asked);
    expect(told.out).toContain(`‖ waiting    ${name}  ${gate}`);
    expect(told.status).toBe(4);
    const json = await cli(...asked, '--json');
    expect(JSON.parse(json.out)).toMatchObject({ state: 'waiting', gates: [{ gate }] });
    expect(json.status).toBe(4);
    expect((await cli('wait', '--delivery', delivery, ...PATIENT)).status).toBe(4);
    expect((await operate('smart-redeploy', '--service', name, '--yes', '--wait')).status).toBe(3);
  });

  it('is waited for through its gates, and succeeds when the last vote is given', async () => {
    const { image, digest } = await play('through', { 'cd-helper.approval': '2' });
    const asked = ['wait', '--image', image, '--digest', digest, ...PATIENT];
    expect((await cli(...asked)).status).toBe(4);
    const through = cli(...asked, '--through-gates');
    await decide('through', 'approve', APPROVER);
    expect((await cli(...asked)).status).toBe(4);
    await decide('through', 'approve', OPERATOR);
    expect((await through).status).toBe(0);
    expect((await cli(...asked)).status).toBe(0);
  });

  it('fails when a person rejects it', async () => {
    const { image, digest, delivery } = await play('refused', { 'cd-helper.approval': '1' });
    const asked = ['wait', '--image', image, '--digest', digest, ...PATIENT];
    expect((await cli(...asked)).status).toBe(4);
    const through = cli(...asked, '--through-gates');
    await decide('refused', 'reject', APPROVER);
    expect((await through).status).toBe(1);
    expect(await outcome(delivery)).toMatchObject({
      state: 'failed',
      services: [{ state: 'failed', reason: 'rejected' }],
    });
  });

  it('succeeds when an operator skips its gates', async () => {
    const { image, digest } = await play('urgent', { 'cd-helper.min-age': '72h' });
    const asked = ['wait', '--image', image, '--digest', digest, ...PATIENT];
    expect((await cli(...asked)).status).toBe(4);
    const through = cli(...asked, '--through-gates');
    const skipped = await operate(
      'redeploy',
      'urgent',
      '--skip-gates',
      '--reason',
      'a hole',
      '--wait',
    );
    expect(skipped.status).toBe(0);
    expect((await through).status).toBe(0);
  });
});
