import { afterEach, describe, expect, it } from 'vitest';
import {
  type FakeEngine,
  type FakeEngineOptions,
  startFakeEngine,
} from '../../support/fake-engine/fake-engine.ts';
import type { ServiceSpec } from '../../support/fake-engine/spec.ts';

const digest = (character: string): string => `sha256:${character.repeat(64)}`;
const OLD = digest('a');
const NEW = digest('b');
const SECOND = 1_000_000_000;

let engine: FakeEngine | undefined;
afterEach(() => engine?.close());

const start = async (options: FakeEngineOptions = {}): Promise<FakeEngine> => {
  engine = await startFakeEngine(options);
  return engine;
};

const address = (at: FakeEngine): string => at.url.replace('tcp:', 'http:');

const update = async (at: FakeEngine, name: string, image: string): Promise<Response> => {
  const { ID, Version, Spec } = at.service(name);
  Spec.TaskTemplate.ContainerSpec.Image = image;
  return fetch(`${address(at)}/v1.41/services/${ID}/update?version=${Version.Index}`, {
    method: 'POST',
    body: JSON.stringify(Spec),
  });
};

const withAction = (FailureAction: string): ServiceSpec['UpdateConfig'] => ({
  Parallelism: 1,
  Delay: 2 * SECOND,
  Monitor: 5 * SECOND,
  FailureAction,
});

describe('the fake engine', () => {
  it.each([
    { kind: 'good', action: 'pause', state: 'completed', old: false, previous: true },
    { kind: 'good', action: 'rollback', state: 'completed', old: false, previous: true },
    { kind: 'crash', action: 'pause', state: 'paused', old: true, previous: true },
    {
      kind: 'crash',
      action: 'rollback',
      state: 'rollback_completed',
      old: true,
      previous: false,
    },
    {
      kind: 'unhealthy',
      action: 'rollback',
      state: 'rollback_completed',
      old: true,
      previous: false,
    },
    {
      kind: 'cannot-pull',
      action: 'rollback',
      state: 'rollback_completed',
      old: true,
      previous: false,
    },
    { kind: 'never-placed', action: 'rollback', state: 'updating', old: true, previous: true },
  ] as const)('takes an update to $kind with FailureAction $action to $state', async (given) => {
    const at = await start();
    at.addService({
      name: 'web',
      image: `acme/web:v1@${OLD}`,
      replicas: 2,
      update: withAction(given.action),
    });
    at.setOutcome(NEW, { kind: given.kind });

    expect((await update(at, 'web', `acme/web:v1@${NEW}`)).status).toBe(200);

    const { UpdateStatus, PreviousSpec } = at.service('web');
    expect(UpdateStatus?.State).toBe(given.state);
    expect(at.running('web').includes(OLD)).toBe(given.old);
    expect(PreviousSpec !== undefined).toBe(given.previous);
  });

  it('rolls on step by step when time is in the hand of the test', async () => {
    const at = await start({ pace: 'manual' });
    at.addService({
      name: 'web',
      image: `acme/web:v1@${OLD}`,
      replicas: 2,
      update: withAction('pause'),
    });

    await update(at, 'web', `acme/web:v1@${NEW}`);
    expect(at.service('web').UpdateStatus?.State).toBe('updating');
    expect(at.running('web')).toEqual([OLD]);
    at.advance(700);
    expect(at.running('web')).toEqual([OLD, NEW]);
    at.advance(2700);
    expect(at.running('web')).toEqual([NEW, NEW]);
    expect(at.service('web').UpdateStatus?.State).toBe('updating');
    at.advance(7000);
    expect(at.service('web').UpdateStatus?.State).toBe('completed');
    expect(at.tasksMade('web').map(({ image }) => image.slice(-64))).toEqual(
      [OLD, OLD, NEW, NEW].map((one) => one.slice(-64)),
    );
  });

  it('refuses an update of a version that is no more, as the engine words it', async () => {
    const at = await start();
    const { ID, Spec } = at.addService({ name: 'web', image: 'acme/web:v1' });
    at.changeSpec('web', (spec) => {
      spec.Labels = { changed: 'yes' };
    });
    const answer = await fetch(`${address(at)}/services/${ID}/update?version=1`, {
      method: 'POST',
      body: JSON.stringify(Spec),
    });
    expect(answer.status).toBe(500);
    expect(await answer.json()).toEqual({
      message: 'rpc error: code = Unknown desc = update out of sequence',
    });
    expect(at.updates).toEqual([]);
  });

  it('leaves the update status empty when no task has to change', async () => {
    const at = await start();
    at.addService({ name: 'web', image: `acme/web:v1@${OLD}`, replicas: 0 });
    await update(at, 'web', `acme/web:v1@${NEW}`);
    expect(at.service('web').UpdateStatus).toBeUndefined();
  });

  it.each([
    [{ kind: 'crash', exitCode: 0 }, 'complete', undefined],
    [{ kind: 'crash', exitCode: 4 }, 'failed', 'task: non-zero exit (4)'],
    [{ kind: 'unhealthy', exitCode: 0 }, 'complete', undefined],
    [{ kind: 'unhealthy' }, 'failed', 'task: non-zero exit (137): dockerexec: unhealthy container'],
  ] as const)('tells of %j what a real engine tells', async (outcome, state, error) => {
    const at = await start();
    at.addService({ name: 'web', image: `acme/web:v1@${OLD}`, update: withAction('pause') });
    at.setOutcome(NEW, outcome);
    await update(at, 'web', `acme/web:v1@${NEW}`);
    expect(at.service('web').UpdateStatus?.State).toBe('paused');
    const ended = at.tasks('web').find(({ Spec }) => Spec.ContainerSpec.Image.endsWith(NEW));
    expect([ended?.Status.State, ended?.Status.Err]).toEqual([state, error]);
  });

  it('restarts what fails, after the delay of its policy', async () => {
    const at = await start({ pace: 'manual' });
    at.setOutcome(NEW, { kind: 'crash', afterMs: 100 });
    at.addService({ name: 'web', image: `acme/web:v1@${OLD}`, update: withAction('continue') });
    await update(at, 'web', `acme/web:v1@${NEW}`);
    at.advance(60_000);
    expect(at.tasksMade('web').length).toBeGreaterThan(8);
    expect(at.tasks('web').length).toBeLessThanOrEqual(7);
  });

  it('rolls on by the clock for a demonstration', async () => {
    const at = await start({ pace: 'real', speed: 200 });
    at.addService({ name: 'web', image: `acme/web:v1@${OLD}`, update: withAction('pause') });
    await update(at, 'web', `acme/web:v1@${NEW}`);
    expect(at.service('web').UpdateStatus?.State).toBe('updating');
    await expect.poll(() => at.service('web').UpdateStatus?.State).toBe('completed');
    expect(at.running('web')).toEqual([NEW]);
  });

  it('lists 10,000 services, with what they run where asked', async () => {
    const at = await start();
    for (let number = 0; number < 10_000; number += 1) {
      at.addService({
        name: `s${number}`,
        image: `acme/app-${number % 50}:v1@${OLD}`,
        replicas: 1,
      });
    }
    const list = (await (await fetch(`${address(at)}/v1.41/services?status=true`)).json()) as {
      ServiceStatus: { RunningTasks: number };
    }[];
    expect(list.length).toBe(10_000);
    expect(list[9999]?.ServiceStatus).toMatchObject({ RunningTasks: 1, DesiredTasks: 1 });
  });
});
