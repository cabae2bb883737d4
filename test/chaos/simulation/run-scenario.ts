import { listFreezes } from '../../../src/store/holds/freezes.ts';
import { ENDED } from '../../support/work/work-bench.ts';
import { ACTS, actOnce, askToCheck, isOfDeath, thaw, type WeightedAct } from './acts.ts';
import { seededBytes } from '../seeded.ts';
import { createChances } from './chances.ts';
import type { End } from './end.ts';
import { brokenLaws } from './laws.ts';
import { openWorld, type Actor, type Storage, type World } from './world.ts';

/** The result of a scenario: the laws that it broke, and its events, one line each. */
export type Outcome = { readonly broken: readonly string[]; readonly story: readonly string[] };

/** In the scenario's time, far above the longest wait of the work. */
const SETTLES_WITHIN_MS = 12 * 3_600_000;
/** Longer than a registry can ask clients to wait. */
const LAST_ONES_MS = 180_000;
const CHECKS = 8;

/** One scenario from its start until all is quiet: the same for the same seed on every machine. */
export const runScenario = async (seed: number, storage: Storage = {}): Promise<Outcome> => {
  const chances = createChances(seed);
  return play(await openWorld(chances, seededBytes(seed), storage), ACTS);
};

/** Plays a scenario in a world, and closes it. */
export const play = async (world: World, acts: readonly WeightedAct[]): Promise<Outcome> => {
  try {
    for (let left = world.chances.number(8, 25); left > 0; left -= 1) await actOnce(world, acts);
    const broken = [...(await settle(world)), ...(await judge(world))];
    return { broken, story: [...world.story, ...(await tellDeployments(world))] };
  } finally {
    await world.close();
  }
};

/** All faults end, nobody acts any more, and time passes until nothing is open. */
const settle = async (world: World): Promise<readonly string[]> => {
  const { bench, say, turns } = world;
  bench.engine.clearFaults();
  await world.heal();
  const standing = await listFreezes(
    bench.store.db,
    { limit: 100, after: null },
    bench.clock.now(),
  );
  world.freezes.splice(0, Number.POSITIVE_INFINITY, ...standing.items.map(({ id }) => id));
  while (world.freezes.length > 0) await thaw(world);
  say('nobody does anything more');
  const until = bench.clock.now() + SETTLES_WITHIN_MS;
  for (;;) {
    const left = await whatIsOpen(world);
    if (left.all.length === 0) break;
    if (bench.clock.now() > until) return [`it does not come to rest: ${left.all.join(', ')}`];
    await world.rest(left.isBusy);
  }
  bench.clock.skip(LAST_ONES_MS);
  await turns.pass(100);
  return [];
};

const whatIsOpen = async ({ bench }: World) => {
  const { db } = bench.store;
  const deployments = (await bench.deployments()).filter(({ state }) => !ENDED.includes(state));
  const checks = await db.selectFrom('look_work').selectAll().execute();
  const waiting = await db
    .selectFrom('push_results')
    .select('state')
    .where('state', '=', 'waiting')
    .execute();
  const runs = await db.selectFrom('runs').select('id').where('ended_at', 'is', null).execute();
  return {
    isBusy:
      deployments.some(({ state }) => state !== 'queued') ||
      checks.some(({ state, run_at }) => state === 'running' || run_at <= bench.clock.now()),
    all: [
      ...deployments.map(({ service, state }) => `${service.name} is ${state}`),
      ...checks.map((check) => `check ${JSON.stringify(check)}`),
      ...waiting.map(() => 'a push waits'),
      ...runs.map(({ id }) => `run ${id}`),
    ],
  };
};

const judge = async (world: World): Promise<readonly string[]> => {
  const { bench, images, say } = world;
  const broken = [...world.broken];
  for (const id of world.accepted) {
    await bench.delivery(id).catch((error: unknown) => broken.push(`it is lost: ${String(error)}`));
  }
  for (const actor of world.actors) {
    const end = await endOf(world, actor);
    const { has, published, view, deployments } = end;
    const last = deployments.at(-1);
    say(
      `${actor.name} has ${has}, published is ${published}, told as ${view?.verdict} (${view?.reason}), ` +
        `runs ${bench.engine.running(actor.name).join(' ')}, last ${last?.state} (${last?.reason}) ${last?.to}` +
        ` ${JSON.stringify(actor)} ${bench.engine.service(actor.name).UpdateStatus?.State}`,
    );
    broken.push(...brokenLaws(end));
  }
  const errors = bench.errors.filter((error) => !isOfDeath(error));
  broken.push(...errors.map((error) => `the helper has an error of its own: ${error}`));
  return broken.map((line) => images.named(line));
};

const updateOf = (id: string): string => `POST /services/${id}/update`;
const digestOf = (image: string): string | null => /@(.*)$/.exec(image)?.[1] ?? null;

const endOf = async (world: World, actor: Actor): Promise<End> => {
  const { bench, images } = world;
  const { Spec } = bench.engine.service(actor.name);
  let view: End['view'] = null;
  // This many questions, with the longest wait that the registry can ask for, use up its remaining faults.
  for (let left = CHECKS; left > 0 && (view === null || view.verdict === 'unknown'); left -= 1) {
    if (view !== null) bench.clock.skip(LAST_ONES_MS);
    view = await askToCheck(world, actor.name);
  }
  return {
    actor,
    has: digestOf(Spec.TaskTemplate.ContainerSpec.Image),
    published: images.published(actor.repository),
    desired: Spec.Mode?.Replicated?.Replicas ?? 1,
    view,
    deployments: await bench.deployments(actor.name),
    updates: bench.engine.updates.flatMap(({ name, image, replaced, query, at }, index) =>
      name !== actor.name
        ? []
        : {
            index,
            at: Date.parse(at),
            digest: digestOf(image) ?? '',
            replaced: digestOf(replaced),
            isTheirs: query['rollback'] === 'previous',
          },
    ),
    asked: bench.engine.requests.get(updateOf(bench.engine.service(actor.name).ID)) ?? 0,
    shown: images.shown(actor.repository),
    kindOf: images.kindOf,
  };
};

const tellDeployments = async ({ bench, images }: World): Promise<readonly string[]> =>
  (await bench.deployments()).map(
    ({ queuedAt, service, from, to, cause, state, reason, steps }) => {
      const told = steps.map(({ at, step, detail }) => {
        const said = step === 'tasks' ? '' : JSON.stringify(detail);
        return `\n      ${at.slice(11, 23)} ${step} ${said}`;
      });
      const head = `${queuedAt.slice(11, 23)} ${service.name}: ${from} to ${to}, ${cause}`;
      return images.named(`${head}, ${state} (${reason})${told.join('')}`);
    },
  );
