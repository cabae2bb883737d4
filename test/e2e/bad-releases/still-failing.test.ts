import { describe, expect, test } from 'vitest';
import { crashing, good } from '../../../sandbox/image/sample.ts';
import type { ServiceView } from '../../../src/core/contract/views.ts';
import { whyWithout } from '../../support/browser/browser-packages.ts';
import { useWatchers } from '../../support/watchers/use-watchers.ts';

const TEST_MS = 480_000;
const without = await whyWithout('chromium');

const short = (digest: string): string => digest.slice('sha256:'.length, 'sha256:'.length + 12);

/** Between two crashes of a service whose spec is right: a task runs, or none does. */
const RIGHT_SPEC = /^(?:current|diverged)$/;

describe.skipIf(without !== null).concurrent('a bad release that stays', () => {
  const watchers = useWatchers();
  const { play, until, look, untilTold, incidents, told } = watchers;

  const worksAgain = async (name: string): Promise<void> => {
    await until(name, 'works', ({ health }: ServiceView) => health === 'ok');
    await untilTold(name, 'recovered');
    const [failing, recovered, ...more] = incidents(name);
    expect(more).toEqual([]);
    expect([failing?.state, recovered?.state]).toEqual(['failing', 'recovered']);
    expect(recovered?.incident).toBe(failing?.incident);
    await look(name, 'over', {
      api: { health: 'ok', verdict: 'current' },
      exit: 0,
      card: ['✓ ok', '✓ current'],
      metric: null,
      row: ['current'],
      page: ['Deployed by', 'hook'],
      notOnPage: [/does not work/, /Last try/],
    });
  };

  test(
    'dies 25 s after it was verified, and starts again for ever: degraded first, then failing',
    async () => {
      const name = 'stays-late';
      const { push, ended, first } = await play(name);
      await push(crashing(`${name} two`, { afterMs: 25_000 }));
      expect((await ended()).state).toBe('succeeded');
      // The first crash is no loop yet.
      const degraded = await until(name, 'is degraded', ({ restarts }) => restarts > 0);
      if (degraded.restarts < 3) {
        expect(`${degraded.health} ${degraded.healthReason}`).toMatch(
          /^(?:degraded task-failed|degraded too-few-run|failing nothing-runs)$/,
        );
      }
      await until(name, 'fails', ({ healthReason }) => healthReason === 'crash-loop');
      const back = short(first);
      await look(name, 'lasts', {
        api: { health: 'failing', verdict: expect.stringMatching(RIGHT_SPEC) as string },
        exit: 1,
        card: ['✗ failing', '(crash-loop)', `what to do  Roll back to ${back}`, 'deployed by hook'],
        metric: /reason="crash-loop"} 1$/,
        row: ['failing', 'its tasks fail again and again', /since \d+/],
        page: [
          'The service does not work: its tasks fail again and again.',
          /Since \d+/,
          `What to do: Roll back to ${back}, or publish a fix.`,
          'Its image was deployed by hook.',
        ],
      });
      expect(await untilTold(name, 'failing')).toMatchObject({ reason: 'crash-loop' });
      await push(good(`${name} three`));
      expect((await ended(2)).state).toBe('succeeded');
      await worksAgain(name);
    },
    TEST_MS,
  );

  test(
    'is the first that is ever deployed, and what ran before was no better',
    async () => {
      const name = 'stays-first';
      const { push, ended, first } = await play(name, {
        begin: crashing(`${name} one`, { afterMs: 400, code: 7 }),
        neverRan: true,
        failureAction: 'continue',
      });
      await push(crashing(`${name} two`, { afterMs: 300, code: 8 }));
      expect(await ended()).toMatchObject({ state: 'failed', reason: 'task-failed' });
      expect(await untilTold(name, 'failed')).toMatchObject({ reason: 'task-failed' });
      await until(name, 'fails', ({ healthReason }) => healthReason === 'known-bad-runs');
      await look(name, 'lasts', {
        api: { health: 'failing', verdict: expect.stringMatching(RIGHT_SPEC) as string },
        exit: 1,
        card: [
          '✗ failing',
          'not reverted: no good image known',
          'deployed by hook',
          /roll back {3}no good image is known/,
          `--to ${short(first)} --wait`,
        ],
        metric: /reason="known-bad-runs"} 1$/,
        row: ['failing', 'it runs an image that failed on this service'],
        page: [
          'The service does not work',
          `roll back to ${short(first)} explicitly: no good image is known.`,
          'Last try',
          'not reverted: no good image known',
        ],
      });
      await untilTold(name, 'failing');
      await push(good(`${name} three`));
      expect((await ended(2)).state).toBe('succeeded');
      await worksAgain(name);
      expect(told(name).map(({ state }) => state)).toEqual([
        'failed',
        'failing',
        'succeeded',
        'recovered',
      ]);
    },
    TEST_MS,
  );
});
