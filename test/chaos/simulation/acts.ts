import type { Digest } from '../../../src/core/image/digest.ts';
import type { ServiceView } from '../../../src/core/contract/views.ts';
import type { Fault as EngineFault } from '../../support/fake-engine/faults.ts';
import type { ServiceSpec } from '../../support/fake-engine/spec.ts';
import type { Fault as RegistryFault } from '../../support/fake-registry/faults.ts';
import { BAD, REPOSITORIES, type Repository } from './images.ts';
import type { Actor, World } from './world.ts';

/** One thing that happens to the helper from outside. */
type Act = (world: World) => Promise<void>;
/** An act, and how often it is chosen. */
export type WeightedAct = readonly [weight: number, act: Act];

/** The limit for an act, in the machine's time, which passes only while something is answered. */
const ACT_WITHIN_MS = 60_000;
const by = () => ({ actor: 'op', address: '::1', signal: AbortSignal.timeout(ACT_WITHIN_MS) });

/** A sender sends a webhook until it is accepted. */
const hook = async (world: World, repository: Repository, digest: Digest | null): Promise<void> => {
  for (;;) {
    const sent = world.bench.hook(
      world.helper().work,
      world.images.spelt(repository, null),
      digest,
    );
    try {
      world.accepted.push((await world.turns.drive(sent)).id);
      return;
    } catch (error) {
      if (!isOfDeath(error)) throw error;
      await world.revive();
    }
  }
};

/** What a process that is gone, or cut off from the database, cannot do. */
export const isOfDeath = (error: unknown): boolean =>
  /process is gone|is cut off|ended the transaction/.test(String(error));

/** A person asks for something, and accepts a refusal. */
const ask = async (world: World, what: string, doing: () => Promise<unknown>): Promise<boolean> => {
  try {
    await world.turns.drive(doing());
    world.say(`${what}: done`);
    return true;
  } catch (error) {
    world.say(`${what}: ${String(error).slice(0, 120)}`);
    return false;
  }
};

/** A digest becomes the published one, and the registry reports it in one way or another. */
export const push = async (world: World, repository: Repository, digest: Digest): Promise<void> => {
  const { chances, images, turns } = world;
  const how = chances.pick(['named', 'named', 'plain', 'burst', 'wrong'] as const);
  world.say(`push of ${digest}, ${how}`);
  images.publish(repository, digest);
  switch (how) {
    case 'named':
      return hook(world, repository, digest);
    case 'plain':
      return hook(world, repository, null);
    case 'burst':
      for (let left = chances.number(3, 8); left > 0; left -= 1) {
        await hook(world, repository, chances.happens(0.5) ? digest : null);
        await turns.pass(chances.number(0, 3));
      }
      return;
    case 'wrong': {
      const nobodys = `sha256:${'9'.repeat(64)}` as Digest;
      await hook(world, repository, nobodys);
      return hook(world, repository, digest);
    }
  }
};

/** Another actor changes the spec of a service. */
const changeBehind = (
  { bench, say }: World,
  actor: Actor,
  what: string,
  change: (spec: ServiceSpec) => void,
): void => {
  actor.touched = true;
  actor.changedAt = bench.clock.now();
  say(`somebody changes ${actor.name}: ${what}`);
  bench.engine.changeSpec(actor.name, change);
};

const digestOf = ({ TaskTemplate }: ServiceSpec): string | null =>
  TaskTemplate.ContainerSpec.Image.split('@')[1] ?? null;

const rollBackBehind = async ({ bench, say }: World, actor: Actor): Promise<void> => {
  const { engine } = bench;
  const { ID, Version, Spec } = engine.service(actor.name);
  const url = `${engine.url.replace('tcp:', 'http:')}/v1.41/services/${ID}/update`;
  const before = engine.updates.length;
  actor.theirTries += 1;
  // The faults affect everybody, so only the engine itself knows what was carried out.
  await fetch(`${url}?version=${Version.Index}&rollback=previous`, {
    method: 'POST',
    body: JSON.stringify(Spec),
  }).catch(() => null);
  const isDone = engine.updates.length > before;
  say(`somebody rolls ${actor.name} back through the engine: ${isDone ? 'done' : 'refused'}`);
  if (!isDone) return;
  actor.touched = true;
  actor.theirs += 1;
  actor.wentBackFrom.push({ digest: digestOf(Spec), at: bench.clock.now() });
  const digest = digestOf(engine.service(actor.name).Spec);
  // If the rollback undid another change than the image, nobody has chosen an image.
  if (digest !== digestOf(Spec)) actor.sets.push({ digest, after: engine.updates.length });
};

const ENGINE_FAULTS: readonly EngineFault[] = [
  { kind: 'drop-before' },
  { kind: 'drop-after' },
  { kind: 'status', status: 500, message: 'rpc error: code = Unavailable' },
  { kind: 'status', status: 503, message: 'busy' },
];
const REGISTRY_FAULTS: readonly RegistryFault[] = [
  { kind: 'status', status: 500 },
  // Longer than a lookup may take. A shorter wait would pass in the machine's time.
  { kind: 'status', status: 429, headers: { 'retry-after': '120' } },
  { kind: 'reset' },
];
const UPDATES = { method: 'POST', path: /\/update$/ };

export const thaw = async (world: World): Promise<void> => {
  const id = world.freezes.shift();
  if (id === undefined) return;
  const done = await ask(world, `thaw of ${id}`, () => world.helper().work.acts.thaw(id, by()));
  // A freeze that already ended cannot be ended. A freeze that a dying helper was asked to end stays.
  if (!done) await world.revive();
};

/** What can happen to any helper. */
export const ACTS: readonly WeightedAct[] = [
  [
    10,
    async (world) => {
      const repository = world.chances.pick(REPOSITORIES);
      await push(world, repository, world.images.build(repository, 'good'));
    },
  ],
  [
    6,
    async (world) => {
      const repository = world.chances.pick(REPOSITORIES);
      await push(world, repository, world.images.build(repository, world.chances.pick(BAD)));
    },
  ],
  [
    // Publishes an earlier image again.
    7,
    async (world) => {
      const repository = world.chances.pick(REPOSITORIES);
      await push(world, repository, world.chances.pick(world.images.built(repository)));
    },
  ],
  [
    // A tag moves to a new image and back.
    4,
    async (world) => {
      const { chances, images, turns } = world;
      const repository = chances.pick(REPOSITORIES);
      const before = images.published(repository);
      await push(world, repository, images.build(repository, 'good'));
      await turns.pass(chances.number(0, 40));
      await push(world, repository, before);
    },
  ],
  [
    // Another image soon follows a bad one.
    3,
    async (world) => {
      const { chances, images, turns } = world;
      const repository = chances.pick(REPOSITORIES);
      await push(world, repository, images.build(repository, chances.pick(BAD)));
      await turns.pass(chances.number(0, 60));
      await push(world, repository, images.build(repository, chances.pick([...BAD, 'good'])));
    },
  ],
  [
    // The webhook arrives before the registry shows the digest.
    2,
    async (world) => {
      const { chances, images, say, turns } = world;
      const repository = chances.pick(REPOSITORIES);
      const digest = images.build(repository, chances.pick(['good', 'crash']));
      say(`hook that tells of ${digest} before it is shown`);
      await hook(world, repository, digest);
      await turns.pass(chances.number(0, 150));
      say(`${digest} is shown`);
      images.publish(repository, digest);
    },
  ],
  [5, async (world) => world.killSoon()],
  [2, async (world) => world.restart()],
  [
    3,
    async ({ bench, chances, say }) => {
      const fault = chances.pick(ENGINE_FAULTS);
      const only = chances.happens(0.6) ? { on: UPDATES } : {};
      const times = chances.number(1, 6);
      say(`the engine: ${JSON.stringify(fault)}, ${times} times ${JSON.stringify(only)}`);
      bench.engine.inject({ ...fault, ...only, times });
    },
  ],
  [
    3,
    async ({ bench, chances, say }) => {
      const fault = chances.pick(REGISTRY_FAULTS);
      const times = chances.number(1, 5);
      say(`the registry: ${JSON.stringify(fault)}, ${times} times`);
      bench.registry.fault(fault, { times });
    },
  ],
  [
    2,
    async (world) =>
      changeBehind(world, world.chances.pick(world.actors), 'its environment', (spec) => {
        spec.TaskTemplate.ContainerSpec.Env = [`X=${world.chances.number(1, 99)}`];
      }),
  ],
  [
    1,
    async (world) => {
      const replicas = world.chances.number(0, 3);
      const actor = world.chances.pick(world.actors);
      changeBehind(world, actor, `${replicas} replicas`, ({ Mode }) => {
        if (Mode?.Replicated !== undefined) Mode.Replicated.Replicas = replicas;
      });
    },
  ],
  [
    1,
    async (world) => {
      const { chances, images } = world;
      const actor = chances.pick(world.actors);
      const digest = chances.pick(images.built(actor.repository));
      if (images.kindOf(digest) !== 'good') return;
      actor.imagesSet += 1;
      const { engine } = world.bench;
      // If the service already has this image, nobody can know who set it.
      if (digest !== digestOf(engine.service(actor.name).Spec)) {
        actor.sets.push({ digest, after: engine.updates.length });
      }
      changeBehind(world, actor, `its image to ${digest}`, (spec) => {
        spec.TaskTemplate.ContainerSpec.Image = images.spelt(actor.repository, digest);
      });
    },
  ],
  [2, async (world) => rollBackBehind(world, world.chances.pick(world.actors))],
  [
    2,
    async (world) => {
      const { bench, chances, freezes, helper } = world;
      const service = chances.pick([...world.actors.map(({ name }) => name), null]);
      const ends = bench.clock.now() + chances.number(500, 20_000);
      const until = chances.happens(0.3) ? new Date(ends).toISOString() : null;
      const scope = { cluster: null, stack: null, service, reason: 'x', until };
      await ask(world, `freeze of ${service ?? 'all'} until ${until}`, async () => {
        freezes.push((await helper().work.acts.freeze(scope, by())).id);
      });
    },
  ],
  [3, thaw],
  [
    2,
    async (world) => {
      const { name } = world.chances.pick(world.actors);
      const { acts } = world.helper().work;
      await ask(world, `rollback of ${name}`, () =>
        acts.rollback({ cluster: 'one', service: name }, { to: null }, by()),
      );
    },
  ],
  [
    1,
    async (world) => {
      const actor = world.chances.pick(world.actors);
      const { name } = actor;
      const { acts } = world.helper().work;
      await ask(world, `release of ${name}`, () =>
        acts.release({ cluster: 'one', service: name }, by()),
      );
      // Set it even if no answer came: the release may be on disk.
      actor.releasedAt = world.bench.clock.now();
    },
  ],
  [
    2,
    async (world) => {
      const actor = world.chances.pick(world.actors);
      const force = world.chances.happens(0.5);
      // Set it even if no answer came: the redeployment may be on disk.
      if (force) actor.forced = true;
      await ask(world, `redeploy of ${actor.name}${force ? ' by force' : ''}`, () =>
        world.helper().work.acts.redeploy({ cluster: 'one', service: actor.name }, { force }, by()),
      );
    },
  ],
  [
    2,
    async (world) => {
      const dryRun = world.chances.happens(0.5);
      const all = { cluster: null, services: [], stacks: [], images: [], pin: false, dryRun };
      const person = { ...by(), origin: 'person' } as const;
      await ask(world, dryRun ? 'dry run' : 'run', () =>
        world.helper().work.smartRedeploy.start(all, person),
      );
    },
  ],
  [
    2,
    async ({ bench, chances, say }) => {
      const ms = chances.number(1_000, 90_000);
      say(`nothing is let happen for ${ms} ms`);
      bench.clock.skip(ms);
    },
  ],
];

/** One random act. A helper that dies of it is started again. */
export const actOnce = async (world: World, acts: readonly WeightedAct[]): Promise<void> => {
  const weighted = acts.flatMap(([weight, act]) => Array.from({ length: weight }, () => act));
  await world.chances.pick(weighted)(world);
  const { chances, turns } = world;
  await turns.pass(chances.happens(0.3) ? chances.number(0, 150) : chances.number(0, 20));
  await world.revive();
};

/** What a person sees of a service; null if that was impossible. */
export const askToCheck = async (
  { helper, turns }: World,
  service: string,
): Promise<ServiceView | null> =>
  turns.drive(helper().work.acts.check({ cluster: 'one', service }, by())).catch(() => null);
