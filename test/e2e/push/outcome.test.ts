import { describe, expect, test } from 'vitest';
import { crashing, good, type Sample } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { ServiceRequest } from '../../../sandbox/swarm/service-spec.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import type { OutcomeView } from '../../../src/core/outcome/outcome.ts';
import { runCommand } from '../../support/program/run-command.ts';
import { startProgram } from '../../support/program/run-program.ts';
import { API_TOKEN, HOOK_SECRET } from '../../support/program/start-helper.ts';
import { deploySettled } from '../../support/stage/settled-service.ts';
import { useStage } from '../../support/stage/use-stage.ts';

const TIMEOUT = '90s';
/** The registry's webhook and the pipeline's own, so often at the same time. */
const RACES = Number(process.env['RACES'] ?? 10);
const WAITERS = 200;

describe('a pipeline that waits for what it pushed', () => {
  const stage = useStage();

  const imageOf = (name: string, digest?: Digest): string =>
    stage.sandbox.image(`outcome/${name}`, 'v1', digest);
  const push = async (name: string, sample: Sample): Promise<Digest> =>
    (await stage.sandbox.pushImage(`outcome/${name}`, 'v1', sample)).digest;
  const hook = (name: string, digest?: Digest): Promise<Response> =>
    stage.helper.postHook({
      image: imageOf(name),
      ...(digest === undefined ? {} : { digest }),
    });
  const deploy = async (name: string, change: Partial<ServiceRequest> = {}): Promise<Digest> => {
    const digest = await push(name, good(`${name} one`));
    await deploySettled(stage.services, {
      name,
      image: imageOf(name, digest),
      monitorMs: 1_500,
      ...change,
    });
    return digest;
  };
  /** With a hook secret in the environment, as in CI. */
  const wait = (name: string, ...more: readonly string[]) => {
    const env = { CD_HELPER_URL: stage.helper.url, CD_HELPER_HOOK_SECRET: HOOK_SECRET };
    const argv = ['wait', '--image', imageOf(name), '--timeout', TIMEOUT, ...more];
    return startProgram(argv, { env });
  };
  const waited = async (name: string, ...more: readonly string[]) => {
    const program = wait(name, ...more);
    return { status: await program.ended, out: program.out(), err: program.err() };
  };

  test('gets 0 for a good push, started before the webhook and after everything ended', async () => {
    const name = 'outcome-good';
    await deploy(name, { replicas: 2 });
    const digest = await push(name, good('good two'));
    const before = wait(name, '--digest', digest);
    await waitUntil(async () => before.err().includes('no webhook'), {
      what: 'the pipeline waits',
      withinMs: 60_000,
      everyMs: 50,
    });
    await hook(name, digest);
    expect({ status: await before.ended, out: before.out() }).toMatchObject({
      status: 0,
      out: expect.stringContaining('succeeded: 1 succeeded'),
    });
    await stage.services.converged(name, { digest });
    expect(await waited(name, '--digest', digest)).toMatchObject({ status: 0 });
    expect(await waited(name)).toMatchObject({ status: 0 });
  });

  test('gets 1 for one that crashes, with the message of the task, also after a second webhook', async () => {
    const name = 'outcome-crash';
    await deploy(name);
    const digest = await push(name, crashing('crash two', { afterMs: 200, code: 7 }));
    await hook(name, digest);
    const first = await waited(name, '--digest', digest);
    expect(first).toMatchObject({
      status: 1,
      out: expect.stringContaining('task: non-zero exit (7)'),
    });
    await hook(name, digest);
    expect(await waited(name, '--digest', digest)).toMatchObject({
      status: 1,
      out: expect.stringContaining('task: non-zero exit (7)'),
    });
    const run = ['smart-redeploy', '--service', name, '--yes', '--wait'];
    expect(await runCommand(stage.helper, ...run)).toMatchObject({ code: 1 });
  });

  test('gets 1 where the engine rolls back', async () => {
    const name = 'outcome-engine';
    await deploy(name, { failureAction: 'rollback', replicas: 2 });
    const digest = await push(name, crashing('engine two', { afterMs: 200, code: 3 }));
    await hook(name, digest);
    const { status, out } = await waited(name, '--digest', digest);
    expect({ status, out }).toMatchObject({ status: 1, out: expect.stringContaining('(3)') });
    expect(await stage.helper.deployments(`?service=${name}`)).toMatchObject([
      {
        state: 'rolled-back',
        steps: expect.arrayContaining([
          expect.objectContaining({ detail: expect.objectContaining({ by: 'engine' }) }),
        ]),
      },
    ]);
  });

  test('gets 0 for a digest that runs already', async () => {
    const name = 'outcome-same';
    const digest = await deploy(name);
    await hook(name, digest);
    const { status, out } = await waited(name, '--digest', digest);
    expect({ status, out }).toMatchObject({
      status: 0,
      out: expect.stringContaining('already-current'),
    });
    expect(await stage.helper.deployments(`?service=${name}`)).toEqual([]);
  });

  test('gets the outcome of the push that superseded its own', async () => {
    const name = 'outcome-superseded';
    await deploy(name, { replicas: 2, monitorMs: 6_000 });
    const second = await push(name, good('superseded two'));
    await hook(name, second);
    const waiting = wait(name, '--digest', second);
    await waitUntil(
      async () => {
        const [deployment] = await stage.helper.deployments(`?service=${name}`);
        return deployment?.state === 'verifying';
      },
      { what: 'the first is being rolled out', withinMs: 60_000, everyMs: 50 },
    );
    const third = await push(name, crashing('superseded three', { afterMs: 200, code: 5 }));
    await hook(name, third);
    expect({ status: await waiting.ended, out: waiting.out() }).toMatchObject({
      status: 1,
      out: expect.stringContaining('non-zero exit (5)'),
    });
    const states = (await stage.helper.deployments(`?service=${name}`)).map(({ state }) => state);
    expect(states).toEqual(['rolled-back', 'superseded']);
  });

  test('gets 3 at the time-out, and 1 without a service', async () => {
    const digest = await push('outcome-none', good('none'));
    const late = await waited('outcome-none', '--digest', digest, '--timeout', '2s');
    expect(late).toMatchObject({ status: 3, err: expect.stringContaining('within 2s') });
    await hook('outcome-none', digest);
    const none = await waited('outcome-none', '--digest', digest);
    expect(none).toMatchObject({ status: 1, err: expect.stringContaining('no service uses') });
  });

  test('goes on where the helper is started again in between', async () => {
    const name = 'outcome-restart';
    await deploy(name, { replicas: 2, monitorMs: 4_000 });
    const digest = await push(name, good('restart two'));
    await hook(name, digest);
    await waitUntil(
      async () => {
        const [deployment] = await stage.helper.deployments(`?service=${name}`);
        return deployment?.state === 'verifying';
      },
      { what: 'it is being rolled out', withinMs: 60_000, everyMs: 50 },
    );
    await stage.restart();
    expect(await waited(name, '--digest', digest)).toMatchObject({ status: 0 });
  });

  test(`is told the same whoever announced the push: ${RACES} races of two webhooks`, async () => {
    const name = 'outcome-race';
    await deploy(name, { monitorMs: 500, failureAction: 'rollback' });
    const ask = async (delivery: string): Promise<OutcomeView> => {
      const query = new URLSearchParams({ delivery, wait: '60s' });
      const answer = await fetch(`${stage.helper.url}/hooks/outcome?${query.toString()}`, {
        headers: { authorization: `Bearer ${HOOK_SECRET}` },
      });
      return (await answer.json()) as OutcomeView;
    };
    const counts = new Map<string, number>();
    for (let race = 0; race < RACES; race += 1) {
      const isBad = race % 10 === 9;
      const version = `race ${race}`;
      const digest = await push(
        name,
        isBad ? crashing(version, { afterMs: 50, code: 9 }) : good(version),
      );
      const send = async (): Promise<string> => {
        const { delivery } = (await (await hook(name, digest)).json()) as { delivery: string };
        return delivery;
      };
      // From at once to in the middle of the rollout.
      const first = await Promise.all([send(), race % 3 === 0 ? send() : '']);
      if (race % 3 === 1) {
        await waitUntil(
          async () => {
            const [newest] = await stage.helper.deployments(`?service=${name}&digest=${digest}`);
            return newest !== undefined && newest.state !== 'queued';
          },
          { what: 'its update is sent', withinMs: 60_000, everyMs: 20 },
        );
      }
      const deliveries = [first[0], first[1] === '' ? await send() : first[1]];
      const [one, two] = await Promise.all(deliveries.map(ask));
      const outcome = ({ state, deployments }: OutcomeView): string =>
        `${state} ${deployments.map(({ id, state: of }) => `${id} ${of}`).join()}`;
      if (one === undefined || two === undefined) throw new Error('two were asked');
      expect(outcome(two)).toBe(outcome(one));
      expect(one.state).toBe(isBad ? 'failed' : 'succeeded');
      counts.set(one.state, (counts.get(one.state) ?? 0) + 1);
    }
    expect(Object.fromEntries(counts)).toEqual({ succeeded: RACES * 0.9, failed: RACES * 0.1 });
  }, 900_000);

  test(`is one of ${WAITERS} that wait, who are all told`, async () => {
    const name = 'outcome-many';
    await deploy(name);
    const digest = await push(name, good('many two'));
    const query = new URLSearchParams({ image: imageOf(name), digest, wait: '60s' });
    const url = `${stage.helper.url}/api/v1/outcome?${query.toString()}`;
    const waiting = Array.from({ length: WAITERS }, async () => {
      const answer = await fetch(url, {
        headers: { authorization: `Bearer ${API_TOKEN}` },
      });
      return ((await answer.json()) as OutcomeView).state;
    });
    await hook(name, digest);
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['succeeded']));
  });
});
