import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import { good } from '../../../sandbox/image/sample.ts';
import { freePort } from '../../../sandbox/machine/network.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { Engine } from '../../../sandbox/swarm/engine.ts';
import { startHelper } from '../../support/program/start-helper.ts';
import { startThreeManagers } from '../../support/stage/three-managers.ts';
import { seeded } from '../seeded.ts';
import { type Act, ACTS, type Soak } from './actors.ts';
import { type Held, judge } from './judge.ts';
import { createStory } from './story.ts';
import { watchImages } from './watch-images.ts';

const USAGE = 'usage: node test/chaos/soak/main.ts [--minutes N] [--seed N]';
const SERVICES = ['soak-a', 'soak-b', 'soak-c', 'soak-d', 'soak-e', 'soak-f'];
const ACTIONS = ['pause', 'rollback', 'continue'] as const;
const LEAST_PAUSE_MS = 1_000;
const MOST_PAUSE_MS = 5_000;
/** By then, retries, follow-up checks and hanging updates have ended. */
const QUIET_WITHIN_MS = 15 * 60_000;
const QUIET_FOR_MS = 20_000;

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
if (!(minutes > 0) || !Number.isInteger(seed)) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'soak-'));
const store = join(folder, 'store.db');
const story = createStory(print);
story.tell(`a soak of ${minutes} minutes with seed ${seed}`);

const sandbox = await startThreeManagers();
const [first] = sandbox.managers;
const port = await freePort();
const start = () =>
  startHelper({
    store,
    port,
    env: {
      CD_HELPER_ENGINE_URL: first.url,
      CD_HELPER_REGISTRY_INSECURE: sandbox.registry.host,
    },
  });
let helper = await start();
let log = '';
const stopped = new Set<Engine>();
const random = seeded(seed);
const soak: Soak = {
  sandbox,
  managers: sandbox.managers,
  story,
  random,
  services: SERVICES,
  helper: () => helper,
  killHelper: async () => {
    await helper.kill();
    log += helper.output();
    helper = await start();
  },
  stopped,
};

const deployServices = async (): Promise<void> => {
  for (const [at, name] of SERVICES.entries()) {
    const { digest } = await sandbox.pushImage(`soak/${name}`, 'v1', good(`${name} first`));
    story.published.push({ service: name, digest, isGood: true, toldAt: null });
    await first.services.create({
      name,
      image: sandbox.image(`soak/${name}`, 'v1', digest),
      replicas: 2 + (at % 2),
      failureAction: ACTIONS[at % ACTIONS.length] ?? 'pause',
      order: at % 2 === 0 ? 'stop-first' : 'start-first',
      monitorMs: 1_500,
      parallelism: 1 + (at % 2),
    });
  }
  await waitUntil(
    async () => {
      const tasks = await Promise.all(SERVICES.map((name) => first.services.tasks(name)));
      const running = tasks.flat().filter(({ Status }) => Status.State === 'running');
      return running.length === SERVICES.length * 2.5 ? true : null;
    },
    { what: 'every service runs', withinMs: 120_000 },
  );
};

const total = ACTS.reduce((sum, { weight }) => sum + weight, 0);
const nextAct = (): (typeof ACTS)[number] | undefined => {
  let left = random() * total;
  return ACTS.find(({ weight }) => (left -= weight) < 0);
};

const disturb = async (): Promise<void> => {
  const until = Date.now() + minutes * 60_000;
  const underWay = new Map<Act, Promise<void>>();
  const all: Promise<void>[] = [];
  while (Date.now() < until) {
    const chosen = nextAct();
    const pause = LEAST_PAUSE_MS + random() * (MOST_PAUSE_MS - LEAST_PAUSE_MS);
    if (chosen !== undefined && !(chosen.alone && underWay.has(chosen.act))) {
      const { act } = chosen;
      const done = act(soak).finally(() => underWay.delete(act));
      // The `await` at the end reports the error.
      done.catch(() => {});
      underWay.set(act, done);
      all.push(done);
    }
    await delay(pause);
  }
  await Promise.all(all);
};

/** Waits until nothing has happened for a while and nothing is due. */
const becomeQuiet = async (): Promise<void> => {
  story.tell('nothing more happens: waiting until all is quiet');
  let since = Date.now();
  let seen = '';
  await waitUntil(
    async () => {
      const [deployments, services] = [await helper.deployments(), await helper.services()];
      const open = deployments.filter(({ endedAt }) => endedAt === null).length;
      const now = JSON.stringify([
        deployments.length,
        open,
        services.map(({ name, verdict }) => [name, verdict]),
        story.changes.length,
      ]);
      if (now !== seen || open > 0) since = Date.now();
      seen = now;
      if (Date.now() - since > QUIET_FOR_MS) return true;
      throw new Error(now);
    },
    { what: 'all is quiet', withinMs: QUIET_WITHIN_MS, everyMs: 1_000 },
  );
};

const heldIn = (names: ReadonlyMap<string, string>): readonly Held[] => {
  const db = new Database(store, { readonly: true });
  try {
    const rows = db.prepare('SELECT service_id, digest, kind FROM holds').all() as {
      readonly service_id: string;
      readonly digest: string;
      readonly kind: string;
    }[];
    return rows.map(({ service_id, digest, kind }) => {
      return { service: names.get(service_id) ?? service_id, digest, kind };
    });
  } finally {
    db.close();
  }
};

const watching = new AbortController();
let failed = true;
try {
  await deployServices();
  const watched = watchImages(
    () => sandbox.managers.filter((one) => !stopped.has(one)),
    story,
    watching.signal,
  );
  await disturb();
  await becomeQuiet();
  const services = await helper.services();
  const names = new Map(services.map(({ id, name }) => [id, name]));
  const deployments = await helper.deployments();
  watching.abort();
  await watched;
  // A running helper locks its store.
  await helper.stop();
  const { broken, figures, slowest } = judge(story, { deployments, services, held: heldIn(names) });
  for (const [name, figure] of Object.entries(figures)) story.tell(`${name}: ${figure}`);
  story.tell(`waited longest: ${slowest}`);
  for (const line of broken) story.tell(`BROKEN: ${line}`);
  failed = broken.length > 0;
} finally {
  watching.abort();
  await helper.stop();
  log += helper.output();
  await sandbox.stop();
  if (failed) {
    const kept = join(folder, 'story.log');
    writeFileSync(kept, `${story.lines.join('\n')}\n\n${log}`);
    print(`the story, the helper's log and its store: ${folder}`);
    print(`again: node test/chaos/soak/main.ts --minutes ${minutes} --seed ${seed}`);
  } else {
    rmSync(folder, { recursive: true });
  }
}
process.exit(failed ? 1 : 0);
