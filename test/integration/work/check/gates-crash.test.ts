import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Digest } from '../../../../src/core/image/digest.ts';
import { readSeen } from '../../../../src/store/published/seen-digests.ts';
import { readWaiting } from '../../../../src/store/gates/waiting.ts';
import { seeded } from '../../../chaos/seeded.ts';
import { createStepCounter } from '../../../support/work/crash-at.ts';
import {
  openWorkBench,
  type RunningWork,
  type WorkBench,
} from '../../../support/work/work-bench.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Each is a life of a service at a gate, with one crash somewhere in it. */
const RUNS = Number(process.env['CD_HELPER_GATE_RUNS'] ?? 12);
const FIRST_SEED = Number(process.env['CD_HELPER_GATE_SEED'] ?? 1);
/** More than any part takes. */
const MOST_STEPS = 120;

let bench: WorkBench;
beforeEach(async () => {
  bench = await openWorkBench({ speed: 40, engine: { prepareMs: 50, startMs: 50, stopMs: 50 } });
});
afterEach(() => bench.close());

const gating = { policies: [], voters: [{ role: 'operator', scope: null }] };
const KINDS = ['min-age', 'window', 'approval'] as const;
type Kind = (typeof KINDS)[number];

const clockText = (at: number): string => new Date(at).toISOString().slice(11, 16);

const labelsOf = (kind: Kind): Readonly<Record<string, string>> => {
  const opens = bench.clock.now() + 3 * HOUR;
  switch (kind) {
    case 'min-age':
      return { 'cd-helper.min-age': '3h' };
    case 'window':
      return {
        'cd-helper.window': `daily ${clockText(opens)}-${clockText(opens + 2 * HOUR)} UTC`,
      };
    case 'approval':
      return { 'cd-helper.approval': '1' };
    default:
      return kind satisfies never;
  }
};

/** Nothing is due, and nothing under way. */
const isQuiet = async (name: string): Promise<boolean> => {
  const now = bench.clock.now();
  const [waiting, checks, deployments] = await Promise.all([
    readWaiting(bench.store.db),
    bench.store.db.selectFrom('look_work').select('run_at').execute(),
    bench.deployments(name),
  ]);
  return (
    waiting.every(({ dueAt }) => dueAt > now) &&
    checks.every(({ run_at }) => run_at > now) &&
    deployments.every(({ endedAt }) => endedAt !== null)
  );
};

/** A life of a service, whose helper crashes once; which digests it got, and when. */
const live = async (seed: number): Promise<void> => {
  const random = seeded(seed);
  const kind = KINDS[Math.floor(random() * KINDS.length)] ?? 'min-age';
  const crashPhase = Math.floor(random() * 4);
  const crashStep = 1 + Math.floor(random() * MOST_STEPS);
  const name = `web-${seed}`;
  const image = `acme/${name}:v1`;
  const publish = (content: string): Digest =>
    bench.registry.setTag(`acme/${name}`, 'v1', `${name} ${content}`);
  const start = publish('start');
  bench.engine.addService({
    name,
    image: bench.image(image, start),
    replicas: 1,
    labels: labelsOf(kind),
  });
  bench.settle();

  let running: RunningWork = bench.start({ gating });
  const restart = async (): Promise<void> => {
    await running.stop();
    running = bench.start({ gating });
  };
  const push = async (content: string): Promise<Digest> => {
    const digest = publish(content);
    // A sender that gets no answer sends it again.
    const send = () => bench.hook(running.work, bench.image(image), digest);
    await send().catch(async () => {
      await restart();
      await send();
    });
    return digest;
  };
  const vote = async (digest: Digest): Promise<void> => {
    const by = { actor: 'ana', role: 'operator', signal: AbortSignal.timeout(20_000) } as const;
    const give = () => running.work.acts.approve({ cluster: 'one', service: name }, { digest }, by);
    await give().catch(async () => {
      await restart();
      // It may have been counted before the crash.
      await give().catch(() => {});
    });
  };

  let b: Digest = start;
  const phases: readonly (() => Promise<unknown>)[] = [
    () => push('a'),
    async () => {
      bench.clock.skip(HOUR);
      b = await push('b');
    },
    async () => {
      if (kind === 'approval') await vote(b);
      bench.clock.skip(2 * HOUR + MINUTE);
    },
    async () => bench.clock.skip(HOUR),
  ];
  for (const [index, phase] of phases.entries()) {
    const isCrash = index === crashPhase;
    if (isCrash) {
      await running.stop();
      const counter = createStepCounter(crashStep, 'crash');
      running = bench.start({ gating }, counter.wrap);
      counter.count();
      await phase();
      const quiet = bench.until('quiet', () => isQuiet(name)).catch(() => null);
      await Promise.race([counter.reached, quiet]);
      await restart();
    } else await phase();
    await bench.until(`${name} is quiet in phase ${index}`, () => isQuiet(name));
  }
  await bench.until(`${name} has what was pushed last`, async () => {
    const { Image } = bench.engine.service(name).Spec.TaskTemplate.ContainerSpec;
    return Image.endsWith(b) && (await isQuiet(name));
  });
  await running.stop();

  const sent = bench.engine.updates.filter((update) => update.name === name);
  const digests = sent.map((update) => update.image.split('@')[1] ?? '');
  const about = { seed, kind, crashPhase, crashStep };
  // Nothing twice, and nothing forgotten.
  expect({ ...about, digests }).toEqual({ ...about, digests: [...new Set(digests)] });
  expect({ ...about, last: digests.at(-1) }).toEqual({ ...about, last: b });
  expect({ ...about, sent: sent.length }).toEqual({ ...about, sent: kind === 'min-age' ? 2 : 1 });
  expect(await readWaiting(bench.store.db)).toEqual([]);
  // Nothing early.
  const repository = bench.image(`acme/${name}`);
  const seen = (await readSeen(bench.store.db, [repository])).get(repository) ?? [];
  const all = await bench.deployments(name);
  for (const { to, startedAt } of all) {
    const first = seen.find(({ digest }) => digest === to)?.firstSeenAt ?? Number.NaN;
    const age = Date.parse(startedAt ?? '') - first;
    if (kind === 'min-age')
      expect({ ...about, isOld: age >= 3 * HOUR }).toEqual({ ...about, isOld: true });
  }
  bench.engine.removeService(name);
};

it('a crash in any state of what waits loses nothing, and deploys nothing early or twice', {
  timeout: 60_000 + RUNS * 20_000,
}, async () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed += 1) await live(seed);
});
