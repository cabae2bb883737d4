import { describe, expect, test } from 'vitest';
import {
  crashing,
  good,
  healthy,
  hungry,
  type Sample,
  unhealthy,
} from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { whyWithout } from '../../support/browser/browser-packages.ts';
import type { PlayOptions } from '../../support/watchers/play.ts';
import { useWatchers } from '../../support/watchers/use-watchers.ts';

const TEST_MS = 300_000;
const SLOW_MS = 120_000;
const without = await whyWithout('chromium');

const short = (digest: string): string => digest.slice('sha256:'.length, 'sha256:'.length + 12);

type BadRelease = {
  readonly what: string;
  readonly name: string;
  readonly bad: (name: string) => Sample;
  readonly options?: PlayOptions;
  readonly reason: 'task-failed' | 'unhealthy';
  /** What the engine says of the task. */
  readonly says: RegExp;
  /** The same cause for a person. */
  readonly words: string;
  /** Who goes back, as the card and the page say it. */
  readonly by?: string;
};

type Undone = Pick<BadRelease, 'says' | 'words' | 'by'> & {
  readonly bad: string;
  readonly back: string;
};
const HELPER = 'the helper, which reverted it';
const ENGINE = 'the engine, which rolled it back';

const BAD_RELEASES: readonly BadRelease[] = [
  {
    what: 'crashes at once',
    name: 'bad-at-once',
    bad: (name) => crashing(name, { afterMs: 20, code: 1 }),
    reason: 'task-failed',
    says: /non-zero exit \(1\)/,
    words: 'a new task exited unexpectedly',
  },
  {
    what: 'exits at once, and without an error',
    name: 'bad-exit-0',
    bad: (name) => crashing(name, { afterMs: 20, code: 0 }),
    reason: 'task-failed',
    says: /exit/,
    words: 'a new task exited unexpectedly',
  },
  {
    what: 'refuses its configuration',
    name: 'bad-config',
    bad: (name) => crashing(name, { afterMs: 200, code: 78 }),
    reason: 'task-failed',
    says: /non-zero exit \(78\)/,
    words: 'a new task exited unexpectedly',
  },
  {
    what: 'misses a secret or a volume that its stack file does not give it yet',
    name: 'bad-secret',
    bad: (name) => crashing(name, { afterMs: 500, code: 66 }),
    options: { failureAction: 'rollback', monitorMs: 3_000 },
    by: ENGINE,
    reason: 'task-failed',
    says: /non-zero exit \(66\)/,
    words: 'a new task exited unexpectedly',
  },
  {
    what: 'fails its health check',
    name: 'bad-unhealthy',
    bad: (name) => unhealthy(name),
    options: { begin: healthy('bad-unhealthy one'), monitorMs: 5_000 },
    reason: 'unhealthy',
    says: /unhealthy container/,
    words: 'a new task was not healthy',
  },
  {
    what: 'needs more memory than it may have',
    name: 'bad-memory',
    bad: (name) => hungry(name),
    options: { memoryBytes: 16 << 20 },
    reason: 'task-failed',
    says: /non-zero exit \(137\)/,
    words: 'a new task exited unexpectedly',
  },
];

describe.skipIf(without !== null).concurrent('a bad release that is taken back', () => {
  const watchers = useWatchers();
  const { play, until, look, untilTold, incidents, told } = watchers;

  /** Everybody sees that the service works, with what it runs, and why the newest image is not that. */
  const expectReverted = async (
    name: string,
    { bad, back, says, words, by = HELPER }: Undone,
  ): Promise<void> => {
    await until(name, 'works again', ({ health }) => health === 'ok');
    await look(name, 'over', {
      api: { health: 'ok', verdict: 'held', reason: 'known-bad', running: back },
      exit: 0,
      card: [
        '✓ ok',
        '‖ held',
        `runs        ${short(back)}`,
        `${by} from ${short(bad)}`,
        /last try {4}rolled-back /,
        says,
        `run cd-helper release ${name} to lift the hold`,
      ],
      metric: null,
      row: ['held', 'this digest failed here'],
      page: [
        'the published digest has failed on this service',
        'Publish a fix, or release the service to deploy this digest again.',
        `${by} from ${short(bad)}`,
        'Last try',
        words,
        says,
      ],
      notOnPage: [/does not work/],
    });
    expect(incidents(name)).toEqual([]);
  };

  test.each(BAD_RELEASES)(
    '$what',
    async ({ name, bad: sample, options, reason, ...expected }) => {
      const { push, ended, first } = await play(name, options);
      const bad = await push(sample(`${name} two`));
      expect(await ended()).toMatchObject({
        state: 'rolled-back',
        reason,
        from: first,
        to: bad,
        failure: { message: expect.stringMatching(expected.says) as string },
      });
      expect(await untilTold(name, 'rolled-back')).toMatchObject({
        reason,
        to: bad,
        runs: first,
        failure: { message: expect.stringMatching(expected.says) as string },
      });
      await expectReverted(name, { ...expected, bad, back: first });
      // After it is over: the fix needs nobody.
      const fix = await push(healthyLike(options, `${name} three`));
      expect(await ended(2)).toMatchObject({ state: 'succeeded', to: fix });
      await until(
        name,
        'is current',
        ({ verdict, health }) => `${verdict} ${health}` === 'current ok',
      );
      await untilTold(name, 'succeeded');
      expect(told(name).map(({ state }) => state)).toEqual(['rolled-back', 'succeeded']);
    },
    TEST_MS,
  );

  test(
    'two of them in a row: each is taken back to what ran well, and the card tells of the newest',
    async () => {
      const name = 'bad-twice';
      const { push, ended, first } = await play(name);
      const one = await push(crashing(`${name} two`, { afterMs: 100, code: 4 }));
      expect(await ended()).toMatchObject({ state: 'rolled-back', from: first, to: one });
      const two = await push(crashing(`${name} three`, { afterMs: 100, code: 5 }));
      expect(await ended(2)).toMatchObject({ state: 'rolled-back', from: first, to: two });
      await expectReverted(name, {
        bad: two,
        back: first,
        says: /non-zero exit \(5\)/,
        words: 'a new task exited unexpectedly',
      });
      await waitUntil(async () => told(name).length === 2 || null, {
        what: 'both are announced',
        withinMs: 30_000,
      });
    },
    TEST_MS,
  );

  test(
    'a person rolls it back with docker while the helper still rolls it out',
    async () => {
      const name = 'bad-by-person';
      const { push, ended, rollBackByHand, first } = await play(name, {
        replicas: 2,
        delayMs: SLOW_MS,
        spec: { RollbackConfig: { Parallelism: 1, FailureAction: 'pause', Order: 'stop-first' } },
      });
      const next = await push(good(`${name} two`));
      await until(name, 'is rolled out', ({ healthReason }) => healthReason === 'own-deployment');
      await waitUntil(
        async () => {
          const digests = await watchers.stage.services.runningDigests(name);
          return digests.includes(next) ? true : null;
        },
        { what: 'the first task is replaced', withinMs: 60_000 },
      );
      await rollBackByHand();
      expect(await ended()).toMatchObject({ state: 'rolled-back', reason: 'left-by-person' });
      expect(await untilTold(name, 'rolled-back')).toMatchObject({ reason: 'left-by-person' });
      await until(name, 'works', ({ health }) => health === 'ok');
      await look(name, 'over', {
        api: { health: 'ok', verdict: 'held', reason: 'left-by-person', running: first },
        exit: 0,
        card: ['✓ ok', '‖ held', 'a person, who rolled it back', `release ${name}`],
        metric: null,
        row: ['held', 'somebody rolled back'],
        page: ['a person rolled the service back', 'a person, who rolled it back'],
      });
    },
    TEST_MS,
  );
});

const healthyLike = (options: PlayOptions | undefined, version: string): Sample =>
  options?.begin === undefined ? good(version) : healthy(version);
