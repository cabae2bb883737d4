import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Digest } from '../../../../src/core/image/digest.ts';
import { parseWindows } from '../../../../src/core/policy/gates/label-gates.ts';
import type { ConfiguredPolicy } from '../../../../src/core/policy/gates/matching-policies.ts';
import type { ServiceView } from '../../../../src/core/contract/views.ts';
import { inspectServices } from '../../../../src/work/reads/inspect.ts';
import { listActions } from '../../../../src/store/access/actions.ts';
import { readWaiting } from '../../../../src/store/gates/waiting.ts';
import { createEngineCluster } from '../../../../src/adapters/swarm/engine/engine.ts';
import { silentLog } from '../../../../src/core/log.ts';
import {
  openWorkBench,
  type RunningWork,
  type WorkBench,
} from '../../../support/work/work-bench.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let bench: WorkBench;
beforeEach(async () => {
  bench = await openWorkBench({ speed: 40, engine: { prepareMs: 50, startMs: 50, stopMs: 50 } });
});
afterEach(async () => {
  await bench.close();
  expect(bench.errors).toEqual([]);
});

const IMAGE = 'acme/web:v1';
const publish = (content: string): Digest => bench.registry.setTag('acme/web', 'v1', content);

/** A service that has run `content` for long. */
const add = (labels: Readonly<Record<string, string>>, content = 'start', name = 'web'): Digest => {
  const digest = publish(content);
  bench.engine.addService({ name, image: bench.image(IMAGE, digest), replicas: 1, labels });
  bench.settle();
  return digest;
};

const runs = (name = 'web'): string =>
  bench.engine.service(name).Spec.TaskTemplate.ContainerSpec.Image.split('@')[1] ?? '';

/** A push that is looked at until it has its end. */
const push = async ({ work }: RunningWork, content: string): Promise<Digest> => {
  const digest = publish(content);
  const { id } = await bench.hook(work, bench.image(IMAGE), digest);
  await bench.until('the push has its end', async () =>
    (await bench.delivery(id)).pushes.every(({ results }) =>
      results.every(({ state }) => state === 'done'),
    ),
  );
  return digest;
};

const quiet = () =>
  bench.until('nothing is under way', async () =>
    (await bench.deployments()).every(({ endedAt }) => endedAt !== null),
  );
const has = (digest: Digest, name = 'web') =>
  bench.until(`${name} has ${digest}`, () => runs(name) === digest);

/** Nothing is due any more, and nothing under way. */
const settled = async (): Promise<void> => {
  await bench.until('no gate is due', async () =>
    (await readWaiting(bench.store.db)).every(({ dueAt }) => dueAt > bench.clock.now()),
  );
  await quiet();
};

const view = async (policies: readonly ConfiguredPolicy[] = [], name = 'web') => {
  const cluster = createEngineCluster({ name: 'one', url: bench.engine.url });
  const now = bench.clock.now;
  try {
    const all = await inspectServices(
      {
        clusters: [{ cluster, select: 'all' }],
        db: bench.store.db,
        now,
        followsIndex: () => false,
        log: silentLog,
        gating: { policies, voters: [{ role: 'operator', scope: null }] },
      },
      {},
      AbortSignal.timeout(20_000),
    );
    return all.find((one) => one.name === name) as ServiceView;
  } finally {
    await cluster.close();
  }
};

describe('a person who rolls back', () => {
  it('says no to all that waits for its age, and to nothing that is published later', async () => {
    const first = add({ 'cd-helper.min-age': '3h' });
    const running = bench.start();
    const a = await push(running, 'a');
    bench.clock.skip(3 * HOUR + MINUTE);
    await has(a);
    await settled();
    const b = await push(running, 'b');
    bench.clock.skip(10 * MINUTE);
    const c = await push(running, 'c');
    expect(await view()).toMatchObject({ verdict: 'waiting', published: c });
    const by = { actor: 'oncall', signal: AbortSignal.timeout(20_000) };
    const key = { cluster: 'one', service: 'web' };
    const asked = await running.work.acts.rollback(key, { to: null }, by);
    expect(asked.alsoHeld?.toSorted()).toEqual([b, c].toSorted());
    await has(first);
    await quiet();
    bench.clock.skip(4 * HOUR);
    await settled();
    expect(runs()).toBe(first);
    expect(await running.work.acts.check(key, by)).toMatchObject({
      verdict: 'held',
      reason: 'left-by-person',
    });
    const d = await push(running, 'd');
    bench.clock.skip(3 * HOUR + MINUTE);
    await has(d);
    await quiet();
  });
});

describe('a minimum age', () => {
  it('deploys the newest that is old enough, although the tag has moved on', async () => {
    add({ 'cd-helper.min-age': '3h' });
    const running = bench.start();
    const a = await push(running, 'a');
    expect(await bench.deployments()).toEqual([]);
    const waiting = await view();
    expect(waiting).toMatchObject({ verdict: 'waiting', reason: 'min-age', plan: 'wait' });
    expect(waiting.gates).toMatchObject([{ gate: 'min-age', source: 'label', canOpen: [] }]);
    bench.clock.skip(2 * HOUR);
    const b = await push(running, 'b');
    bench.clock.skip(50 * MINUTE);
    await settled();
    expect(await bench.deployments()).toEqual([]);
    const heads = bench.heads();
    bench.clock.skip(15 * MINUTE);
    await has(a);
    await quiet();
    // One HEAD, by digest.
    expect(bench.heads() - heads).toBe(1);
    expect(await view()).toMatchObject({ verdict: 'waiting', published: b, running: a });
    bench.clock.skip(2 * HOUR);
    await has(b);
    await quiet();
    const all = await bench.deployments();
    expect(all.map(({ to, state }) => [to, state])).toEqual([
      [a, 'succeeded'],
      [b, 'succeeded'],
    ]);
    for (const { triggers } of all) expect(triggers).toMatchObject([{ kind: 'hook' }]);
    expect(all[0]?.triggers).not.toEqual(all[1]?.triggers);
    expect(await readWaiting(bench.store.db)).toEqual([]);
    expect(await view()).toMatchObject({ verdict: 'current', plan: 'leave', gates: [] });
  });

  it('of a tag that is pushed every hour moves every hour, three hours behind', async () => {
    add({ 'cd-helper.min-age': '3h' });
    const running = bench.start();
    const pushed: Digest[] = [];
    for (let hour = 0; hour < 24; hour += 1) {
      pushed.push(await push(running, `hour ${hour}`));
      bench.clock.skip(58 * MINUTE);
      await settled();
      const due = pushed[hour - 3];
      if (due !== undefined) expect(runs()).toBe(due);
      bench.clock.skip(2 * MINUTE);
      await settled();
    }
    const all = await bench.deployments();
    expect(all.map(({ to }) => to)).toEqual(pushed.slice(0, all.length));
    expect(all.length).toBeGreaterThanOrEqual(20);
  });

  it('takes the next one where the registry no longer has it', async () => {
    add({ 'cd-helper.min-age': '3h' });
    const running = bench.start();
    const a = await push(running, 'a');
    bench.clock.skip(HOUR);
    const b = await push(running, 'b');
    bench.registry.fault({ kind: 'status', status: 404 }, { reference: a });
    bench.clock.skip(2 * HOUR + MINUTE);
    await settled();
    expect(await bench.deployments()).toEqual([]);
    bench.clock.skip(HOUR);
    await has(b);
    await quiet();
    expect((await bench.deployments()).map(({ to }) => to)).toEqual([b]);
  });
});

describe('a window', () => {
  it('opens for the newest of those that wait', async () => {
    // Time begins on a Thursday at 00:00 UTC.
    add({ 'cd-helper.window': 'thu 09:00-10:00 UTC' });
    const running = bench.start();
    await push(running, 'a');
    bench.clock.skip(HOUR);
    const b = await push(running, 'b');
    expect(await view()).toMatchObject({
      verdict: 'waiting',
      reason: 'window',
      gates: [{ until: '2026-01-01T09:00:00.000Z' }],
    });
    bench.clock.skip(8 * HOUR);
    await has(b);
    await quiet();
    expect((await bench.deployments()).map(({ to, state }) => [to, state])).toEqual([
      [b, 'succeeded'],
    ]);
  });

  it('of a policy and the label have to be open together, and what never is holds the service', async () => {
    const parsed = parseWindows('thu 12:00-14:00 UTC');
    const policy: ConfiguredPolicy = {
      source: 'lunch',
      match: { clusters: ['one'], stacks: null, services: ['we*'], images: null },
      minAgeMs: null,
      windows: parsed.ok ? parsed.value : null,
      approval: null,
    };
    const gating = { policies: [policy], voters: [] };
    add({ 'cd-helper.window': 'thu 09:00-13:00 UTC' });
    add({ 'cd-helper.window': 'fri 09:00-13:00 UTC' }, 'start', 'weird');
    const running = bench.start({ gating });
    const a = await push(running, 'a');
    expect(await view([policy], 'weird')).toMatchObject({
      verdict: 'held',
      reason: 'unsupported-label',
    });
    bench.clock.skip(10 * HOUR);
    await settled();
    expect(await bench.deployments()).toEqual([]);
    bench.clock.skip(2 * HOUR);
    await has(a);
  });
});

describe('what outranks and what passes', () => {
  it('a freeze outranks an open gate, and lists what is closed', async () => {
    add({ 'cd-helper.min-age': '1h' });
    const running = bench.start();
    const a = await push(running, 'a');
    const by = { actor: 'oncall', signal: AbortSignal.timeout(20_000) };
    const freeze = await running.work.acts.freeze(
      { cluster: null, stack: null, service: null, reason: 'sale', until: null },
      by,
    );
    expect(await view()).toMatchObject({
      verdict: 'held',
      reason: 'frozen',
      gates: [{ gate: 'min-age' }],
    });
    bench.clock.skip(2 * HOUR);
    await bench.checked();
    expect(await bench.deployments()).toEqual([]);
    await running.work.acts.thaw(freeze.id, by);
    await has(a);
  });

  const key = { cluster: 'one', service: 'web' };
  const by = () => ({ actor: 'oncall', signal: AbortSignal.timeout(20_000) });

  it('a person passes gates only with a reason: neither plainly nor by force', async () => {
    add({ 'cd-helper.min-age': '72h' });
    const running = bench.start();
    await push(running, 'a');
    bench.clock.skip(HOUR);
    const b = await push(running, 'b');
    for (const force of [false, true]) {
      await expect(running.work.acts.redeploy(key, { force }, by())).rejects.toThrow(
        /web waits: the image must be 3d old.*nothing was done/,
      );
    }
    expect(await bench.deployments()).toEqual([]);
    const skipGates = { reason: 'a security fix' };
    await running.work.acts.redeploy(key, { force: false, skipGates }, by());
    await has(b);
    await quiet();
    const [only, ...others] = await bench.deployments();
    expect(others).toEqual([]);
    expect(only).toMatchObject({ to: b, state: 'succeeded' });
    expect(only?.triggers.map(({ kind }) => kind)).toEqual(['hook', 'person']);
    expect(only?.steps[0]?.detail).toMatchObject({ gates: 'skipped' });
    expect(await readWaiting(bench.store.db)).toEqual([]);
    const { items } = await listActions(bench.store.db, { limit: 10, after: null });
    expect(items).toMatchObject([
      { action: 'redeploy --skip-gates', detail: { to: b, reason: 'a security fix' } },
    ]);
  });

  it('a rollback passes every gate', async () => {
    const start = add({});
    const running = bench.start();
    const a = await push(running, 'a');
    await has(a);
    await quiet();
    bench.settle();
    bench.engine.changeSpec('web', (spec) => {
      spec.Labels = { 'cd-helper.min-age': '72h', 'cd-helper.window': 'mon 01:00-02:00 UTC' };
    });
    await running.work.acts.rollback(key, { to: start, force: true }, by());
    await has(start);
    await quiet();
    expect((await bench.deployments()).at(-1)).toMatchObject({ to: start, state: 'succeeded' });
  });

  it('a gate that closes before the send keeps the image, which waits again', async () => {
    // Time begins on a Thursday at 00:00 UTC. A freeze keeps what was let through until the window is shut.
    add({ 'cd-helper.window': 'thu 00:00-01:00 UTC' });
    const running = bench.start();
    const freeze = await running.work.acts.freeze(
      { cluster: null, stack: null, service: 'web', reason: 'sale', until: null },
      by(),
    );
    const digest = publish('a');
    await bench.hook(running.work, bench.image(IMAGE), digest);
    await bench.checked();
    await running.work.acts.redeploy(key, { force: true }, by()).catch(() => {});
    await quiet();
    bench.clock.skip(2 * HOUR);
    await running.work.acts.thaw(freeze.id, by());
    await bench.checked();
    await settled();
    const deployed = (await bench.deployments()).filter(({ state }) => state === 'succeeded');
    expect(deployed.every(({ startedAt }) => (startedAt ?? '') < '2026-01-01T01:00')).toBe(true);
  });

  it('an invalid value holds the service', async () => {
    add({ 'cd-helper.min-age': 'three days' });
    await push(bench.start(), 'a');
    expect(await view()).toMatchObject({ verdict: 'held', reason: 'unsupported-label' });
  });

  it('a label that is taken away lets the image through within a minute', async () => {
    add({ 'cd-helper.min-age': '72h' });
    const running = bench.start();
    const a = await push(running, 'a');
    bench.engine.changeSpec('web', (spec) => {
      spec.Labels = {};
    });
    bench.clock.skip(61_000);
    await has(a);
    await running.stop();
  });
});

describe('a restart', () => {
  it('loses no due time, and deploys once what came due meanwhile', async () => {
    add({ 'cd-helper.min-age': '3h' });
    const first = bench.start();
    const a = await push(first, 'a');
    await first.stop();
    bench.clock.skip(4 * HOUR);
    const second = bench.start();
    await has(a);
    await quiet();
    await second.stop();
    bench.start();
    await settled();
    expect((await bench.deployments()).map(({ to }) => to)).toEqual([a]);
  });

  it('with another policy judges what waits anew', async () => {
    add({ 'cd-helper.min-age': '72h' });
    const first = bench.start();
    const a = await push(first, 'a');
    await first.stop();
    bench.engine.changeSpec('web', (spec) => {
      spec.Labels = { 'cd-helper.min-age': '1s' };
    });
    bench.clock.skip(2_000);
    bench.start();
    await has(a);
  });
});

describe('an approval', () => {
  const gating = {
    policies: [],
    voters: [
      { role: 'approver', scope: null },
      { role: 'operator', scope: null },
    ],
  };
  const key = { cluster: 'one', service: 'web' };
  const as = (actor: string) =>
    ({ actor, role: 'approver', signal: AbortSignal.timeout(20_000) }) as const;

  it('by enough people deploys at once, and only what they voted for', async () => {
    add({ 'cd-helper.approval': '2' });
    const running = bench.start({ gating });
    await push(running, 'a');
    const { approve } = running.work.acts;
    await approve(key, { digest: null }, as('ana'));
    const b = await push(running, 'b');
    await approve(key, { digest: null }, as('ben'));
    await settled();
    expect(await bench.deployments()).toEqual([]);
    await approve(key, { digest: b }, as('ana'));
    await has(b);
    await quiet();
    expect((await bench.deployments()).map(({ to, state }) => [to, state])).toEqual([
      [b, 'succeeded'],
    ]);
  });

  it('that is missing at the deadline holds the image, and that of the next one deploys', async () => {
    add({ 'cd-helper.approval': '1' });
    const running = bench.start({ gating });
    await push(running, 'a');
    bench.clock.skip(7 * 24 * HOUR + MINUTE);
    await bench.until('it is held', async () => (await view()).reason === 'expired');
    await bench.until(
      'it waits no longer',
      async () => (await readWaiting(bench.store.db)).length === 0,
    );
    const b = await push(running, 'b');
    await running.work.acts.approve(key, { digest: b }, as('ana'));
    await has(b);
    await quiet();
    expect((await bench.deployments()).map(({ to }) => to)).toEqual([b]);
  });

  it('that is refused holds the image, also when it is pushed again', async () => {
    add({ 'cd-helper.approval': '1' });
    const running = bench.start({ gating });
    await push(running, 'a');
    await running.work.acts.reject(key, { digest: null, reason: 'not now' }, as('ana'));
    await bench.until('it is held', async () => (await view()).reason === 'rejected');
    await push(running, 'a');
    expect(await view()).toMatchObject({ verdict: 'held', reason: 'rejected' });
    expect(await bench.deployments()).toEqual([]);
  });
});

describe('a service that follows tags', () => {
  it('gets each newer tag when it is old enough, although a newer one was pushed since', async () => {
    const tag = (name: string): Digest => bench.registry.setTag('acme/web', name, name);
    const image = bench.image('acme/web:v1.3.0', tag('v1.3.0'));
    const labels = { 'cd-helper.track': 'semver:1.x', 'cd-helper.min-age': '3h' };
    bench.engine.addService({ name: 'web', image, replicas: 1, labels });
    bench.settle();
    const { work } = bench.start();
    const pushTag = async (name: string): Promise<Digest> => {
      const digest = tag(name);
      const { id } = await bench.hook(work, bench.image(`acme/web:${name}`), digest);
      await bench.until('the push has its end', async () =>
        (await bench.delivery(id)).pushes.every(({ results }) =>
          results.every(({ state }) => state === 'done'),
        ),
      );
      return digest;
    };
    const older = await pushTag('v1.4.0');
    bench.clock.skip(2 * HOUR);
    const newer = await pushTag('v1.5.0');
    await pushTag('v1.2.0');
    expect(await bench.deployments()).toEqual([]);
    expect(await view()).toMatchObject({ verdict: 'waiting', reason: 'min-age' });
    bench.clock.skip(HOUR + MINUTE);
    await has(older);
    await quiet();
    bench.clock.skip(2 * HOUR);
    await has(newer);
    await quiet();
    const all = await bench.deployments();
    expect(all.map(({ fromTag, toTag, state }) => `${fromTag} ${toTag} ${state}`)).toEqual([
      'v1.3.0 v1.4.0 succeeded',
      'v1.4.0 v1.5.0 succeeded',
    ]);
    expect(await readWaiting(bench.store.db)).toEqual([]);
  });
});
