import { expect } from 'vitest';
import type { Digest } from '../../../src/core/image/digest.ts';
import type { ServiceView } from '../../../src/core/contract/views.ts';
import type { Answered, GateWorld, Person } from './open-world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** The longest delay of a kill after what it interrupts: the answer, the commit, the send, the start of the rollout. */
const ACT_MS = 250;
/** How long before the opening of a gate the clock is set, so that an early opening is noticed. */
const BEFORE_MS = 4_000;
/** A start is killed anywhere between its first line and the end of its due work. */
const START_MS = 2_500;

/** The state of a service when its helper is killed. */
export const STATES = [
  'waiting for its age',
  'window closed',
  'votes half given',
  'approved, not deployed',
  'rejected',
  'expired',
  'due, being evaluated',
] as const;
export type State = (typeof STATES)[number];

export type Life = {
  readonly world: GateWorld;
  readonly name: string;
  readonly random: () => number;
};

const isDone = (answered: Answered): boolean => answered !== null && answered.status < 300;

/** A sender that gets no answer retries. */
const push = async ({ world, name }: Life, content: string): Promise<Digest> => {
  const digest = world.publish(name, content);
  await world.until('the webhook is accepted', async () =>
    isDone(await world.hook(name, digest)) ? true : null,
  );
  return digest;
};

const shows = ({ world, name }: Life, verdict: string, reason: string): Promise<ServiceView> =>
  world.until(`${name} is ${verdict}: ${reason}`, async () => {
    const view = await world.service(name);
    return view.verdict === verdict && view.reason === reason ? view : null;
  });

/** A person who gets no answer asks again. A decision that was already made cannot be made again. */
const decideAfterDeath = async (
  { world, random }: Life,
  act: () => Promise<Answered>,
): Promise<void> => {
  const answered = await world.dieDuring(act, random() * ACT_MS);
  if (answered !== null) return expect(answered.status).toBe(200);
  const again = await act();
  expect([200, 409]).toContain(again?.status);
};

const vote = async ({ world, name }: Life, person: Person): Promise<void> =>
  expect((await world.approve(name, person))?.status).toBe(200);

/** The deployment was sent to the engine once, and not before `from` by the helper's clock. */
const isDeployedOnce = async (
  { world, name }: Life,
  digest: Digest,
  from: number,
): Promise<void> => {
  await world.until(`${name} was deployed`, async () => {
    const all = await world.deployments(name);
    return all.some(({ state }) => state === 'succeeded') ? true : null;
  });
  const all = await world.deployments(name);
  expect(all.map(({ to, state }) => [to, state])).toEqual([[digest, 'succeeded']]);
  expect(Date.parse(all[0]?.startedAt ?? '')).toBeGreaterThanOrEqual(from);
  expect(world.updates(name)).toEqual([digest]);
};

const opensAt = ({ gates }: ServiceView): number => Date.parse(gates[0]?.until ?? '');
const clockText = (at: number): string => new Date(at).toISOString().slice(11, 16);

/** Kills the helper while the service waits for a time, and lets that time pass while no helper runs. */
const outlive = async (life: Life, reason: string): Promise<void> => {
  const { world, name, random } = life;
  const digest = world.publish(name, 'a');
  await world.dieDuring(() => world.hook(name, digest), random() * ACT_MS);
  // A sender that got no answer retries, and so does an impatient one.
  await push(life, 'a');
  const before = await shows(life, 'waiting', reason);
  await world.kill();
  await world.dieStarting(random() * START_MS);
  const after = await shows(life, 'waiting', reason);
  expect(opensAt(after)).toBe(opensAt(before));
  expect(world.updates(name)).toEqual([]);
  await world.kill();
  world.skip(opensAt(after) - BEFORE_MS - world.now());
  await world.start();
  await isDeployedOnce(life, digest, opensAt(before));
};

/** The held image is never deployed, even if it is pushed again. The next image is deployed, with its own votes. */
const staysHeld = async (life: Life, digest: Digest, reason: string): Promise<void> => {
  const { world, name } = life;
  await shows(life, 'held', reason);
  await world.until('it is pushed again', async () =>
    isDone(await world.hook(name, digest)) ? true : null,
  );
  await shows(life, 'held', reason);
  expect((await world.approve(name, 'ben'))?.status).toBe(409);
  expect(world.updates(name)).toEqual([]);
  const next = await push(life, 'b');
  await world.until('the next one waits', async () => {
    const { verdict, target } = await world.service(name);
    return verdict === 'waiting' && target?.digest === next ? true : null;
  });
  await vote(life, 'ana');
  const at = world.now();
  await vote(life, 'ben');
  await isDeployedOnce(life, next, at);
};

const untilVoted = (life: Life): Promise<ServiceView> => shows(life, 'waiting', 'approval');

/** For each state in which the helper is killed: what the service goes through, and the expected result. */
const LIVES: Readonly<Record<State, (life: Life) => Promise<void>>> = {
  'waiting for its age': async (life) => {
    life.world.addService(life.name, { 'cd-helper.min-age': '3h' });
    await outlive(life, 'min-age');
  },
  'window closed': async (life) => {
    const from = life.world.now() + HOUR;
    const window = `daily ${clockText(from)}-${clockText(from + 2 * HOUR)} UTC`;
    life.world.addService(life.name, { 'cd-helper.window': window });
    await outlive(life, 'window');
  },
  'votes half given': async (life) => {
    const { world, name } = life;
    world.addService(name, {});
    const digest = await push(life, 'a');
    await untilVoted(life);
    await decideAfterDeath(life, () => world.approve(name, 'ana'));
    const { gates } = await untilVoted(life);
    expect(gates[0]?.votes).toEqual({ given: 1, needed: 2, by: ['ana'] });
    expect(world.updates(name)).toEqual([]);
    const at = world.now();
    await vote(life, 'ben');
    await isDeployedOnce(life, digest, at);
  },
  'approved, not deployed': async (life) => {
    const { world, name } = life;
    world.addService(name, {});
    const digest = await push(life, 'a');
    await untilVoted(life);
    await vote(life, 'ana');
    expect(world.updates(name)).toEqual([]);
    const at = world.now();
    await decideAfterDeath(life, () => world.approve(name, 'ben'));
    await isDeployedOnce(life, digest, at);
  },
  rejected: async (life) => {
    const { world, name } = life;
    world.addService(name, {});
    const digest = await push(life, 'a');
    await untilVoted(life);
    await decideAfterDeath(life, () => world.reject(name, 'ana'));
    await staysHeld(life, digest, 'rejected');
  },
  expired: async (life) => {
    const { world, name, random } = life;
    world.addService(name, {});
    const digest = await push(life, 'a');
    const view = await untilVoted(life);
    await vote(life, 'ana');
    await world.kill();
    world.skip(opensAt(view) - BEFORE_MS - world.now());
    await world.dieStarting(random() * START_MS);
    await staysHeld(life, digest, 'expired');
  },
  'due, being evaluated': async (life) => {
    const { world, name, random } = life;
    world.addService(name, { 'cd-helper.min-age': '3h' });
    const digest = await push(life, 'a');
    const view = await shows(life, 'waiting', 'min-age');
    expect(world.updates(name)).toEqual([]);
    await world.kill();
    world.skip(opensAt(view) - BEFORE_MS - world.now());
    await world.dieStarting(random() * START_MS);
    await isDeployedOnce(life, digest, opensAt(view));
  },
};

/** The life of one service whose helper is killed in this state. Throws if anything is early, repeated or forgotten. */
export const liveAndDie = async (life: Life, state: State): Promise<void> => {
  await LIVES[state](life);
  life.world.removeService(life.name);
};
