import { describe, expect, test } from 'vitest';
import { crashing, good } from '../../../sandbox/image/sample.ts';
import type { ActionView, Page, ServiceView } from '../../../src/core/contract/views.ts';
import { whyWithout } from '../../support/browser/browser-packages.ts';
import { useWatchers } from '../../support/watchers/use-watchers.ts';

/** Tens of seconds until it fails, 30 s until it is announced, the same for the recovery, on a busy machine. */
const TEST_MS = 480_000;
const without = await whyWithout('chromium');

/** Between two crashes of a service whose spec is right: a task runs, or none does. */
const RIGHT_SPEC = /^(?:current|diverged)$/;

const isHealth =
  (health: ServiceView['health'], reason: ServiceView['healthReason'] = null) =>
  (service: ServiceView): boolean =>
    service.health === health && service.healthReason === reason;

/**
 * Services that do not work, as everybody finds them who looks, while it lasts and after it is over. What is expected
 * of one that crashes again and again holds at every moment of that, also between two crashes.
 */
describe.skipIf(without !== null).concurrent('services that do not work', () => {
  const watchers = useWatchers();
  const { play, view, until, look, untilTold, incidents } = watchers;

  /** It works again, everybody sees that, and what is announced belongs to the failure that was announced. */
  const worksAgain = async (name: string): Promise<void> => {
    await until(name, 'works', isHealth('ok'));
    await untilTold(name, 'recovered');
    const [failing, recovered, ...more] = incidents(name).filter(
      ({ state }) => state !== 'known-bad-deployed',
    );
    expect(more).toEqual([]);
    expect(failing).toMatchObject({ state: 'failing', health: 'failing' });
    expect(recovered).toMatchObject({ state: 'recovered', incident: failing?.incident });
    await look(name, 'over', {
      api: { health: 'ok', healthReason: null },
      exit: 0,
      card: ['✓ ok'],
      metric: null,
      row: [name],
      page: ['Deployed by'],
      notOnPage: [/does not work/, /What to do/],
    });
  };

  test(
    'a failed deployment that crash-loops and is not taken back, until the fix comes',
    async () => {
      const name = 'health-loop';
      const { push, ended, first } = await play(name, {
        failureAction: 'continue',
        labels: { 'cd-helper.rollback': 'off' },
      });
      await push(crashing(`${name} two`, { afterMs: 300 }));
      expect(await ended()).toMatchObject({ state: 'failed', reason: 'task-failed' });
      await until(name, 'fails', isHealth('failing', 'known-bad-runs'));
      expect(await untilTold(name, 'failed')).toMatchObject({ reason: 'task-failed' });
      await untilTold(name, 'failing');
      const back = first.slice('sha256:'.length).slice(0, 12);
      await look(name, 'lasts', {
        api: {
          health: 'failing',
          verdict: expect.stringMatching(RIGHT_SPEC) as string,
          lastError: 'task: non-zero exit (3)',
        },
        exit: 1,
        card: ['✗ failing', '(known-bad-runs)', `what to do  Roll back to ${back}`],
        metric: /reason="known-bad-runs"} 1$/,
        row: ['failing', 'it runs an image that failed on this service', /since \d+/],
        page: [
          'The service does not work: it runs an image that failed on this service.',
          /Since \d+/,
          'task: non-zero exit (3)',
          `What to do: Roll back to ${back}, or publish a fix.`,
          'Its image was deployed by hook.',
        ],
      });
      expect((await view(name)).runsHeld).toBeUndefined();
      await push(good(`${name} three`));
      await ended(2);
      await worksAgain(name);
    },
    TEST_MS,
  );

  test(
    'another person deploys a digest that is known to be bad',
    async () => {
      const name = 'health-again';
      const { stage } = watchers;
      const { push, ended, deployByHand, first } = await play(name);
      const bad = await push(crashing(`${name} two`, { afterMs: 300 }));
      expect(await ended()).toMatchObject({ state: 'rolled-back', reason: 'task-failed', to: bad });
      // What was taken back says nothing of what runs.
      await until(name, 'works', isHealth('ok'));
      await until(name, 'has its failures counted', ({ restarts }) => restarts > 0);
      // As `docker stack deploy` does, which asks the registry what the tag shows.
      await deployByHand(bad);
      expect(await untilTold(name, 'known-bad-deployed')).toMatchObject({
        digest: bad,
        reason: 'known-bad',
      });
      await until(name, 'fails', isHealth('failing', 'known-bad-runs'));
      await untilTold(name, 'failing');
      const short = bad.slice(0, 'sha256:'.length + 12);
      const back = first.slice('sha256:'.length).slice(0, 12);
      await look(name, 'lasts', {
        api: {
          health: 'failing',
          verdict: expect.stringMatching(RIGHT_SPEC) as string,
          runsHeld: expect.objectContaining({ digest: bad, hold: 'known-bad' }) as object,
        },
        exit: 1,
        card: ['✗ failing', `somebody else deployed ${short}`, 'deployed by somebody else'],
        metric: /reason="known-bad-runs"} 1$/,
        row: ['failing', 'it runs an image that failed on this service'],
        page: [
          'The service does not work',
          /Somebody else deployed [0-9a-f]{12}, which failed on this service \d+ \w+ ago\./,
          `What to do: Roll back to ${back}, or publish a fix.`,
          'Its image was deployed by somebody else, not through this helper.',
        ],
      });
      const { items } = await stage.helper.get<Page<ActionView>>('/actions');
      expect(items.filter(({ action }) => action === 'known-bad-deployed')).toMatchObject([
        { actor: 'somebody else', target: `default/${name}`, detail: { digest: bad } },
      ]);
      await deployByHand(first);
      await worksAgain(name);
      expect((await view(name)).runsHeld).toBeUndefined();
    },
    TEST_MS,
  );

  test(
    'an image that dies again and again after it was verified',
    async () => {
      const name = 'health-late';
      const { push, ended, first } = await play(name);
      await push(crashing(`${name} two`, { afterMs: 12_000 }));
      expect((await ended()).state).toBe('succeeded');
      await until(name, 'fails', isHealth('failing', 'crash-loop'));
      expect((await view(name)).restarts).toBeGreaterThanOrEqual(3);
      await untilTold(name, 'failing');
      const back = first.slice('sha256:'.length).slice(0, 12);
      await look(name, 'lasts', {
        api: { health: 'failing', verdict: expect.stringMatching(RIGHT_SPEC) as string },
        exit: 1,
        card: ['✗ failing', '(crash-loop)', `what to do  Roll back to ${back}`],
        metric: /reason="crash-loop"} 1$/,
        row: ['failing', 'its tasks fail again and again'],
        page: [
          'The service does not work: its tasks fail again and again.',
          /\d+ failed tasks in the last hour/,
          `What to do: Roll back to ${back}, or publish a fix.`,
        ],
      });
      await push(good(`${name} three`));
      await ended(2);
      await worksAgain(name);
    },
    TEST_MS,
  );

  test(
    'somebody else’s update is paused, and one of two still runs',
    async () => {
      const name = 'health-paused';
      const { helper } = watchers.stage;
      const { publish, push, ended, deployByHand } = await play(name, {
        replicas: 2,
        restart: { condition: 'none' },
        // The engine hears of the crash long before it would go on to the second task.
        delayMs: 20_000,
      });
      await deployByHand(await publish(crashing(`${name} two`, { afterMs: 300 })));
      await until(name, 'is paused', isHealth('paused', 'update-paused'));
      await helper.post(`/clusters/default/services/${name}/check`);
      await until(name, 'was checked', ({ verdict }) => verdict === 'diverged');
      await look(name, 'lasts', {
        api: { health: 'paused', replicas: { running: 1, desired: 2 } },
        exit: 0,
        card: ['‖ paused', '(update-paused)', 'deployed by somebody else'],
        metric: null,
        row: ['paused', 'its update is paused'],
        page: ['The engine has paused an update', /What to do: .* Either ends the pause\./],
      });
      await push(good(`${name} three`));
      expect((await ended()).state).toBe('succeeded');
      await until(name, 'works', isHealth('ok'));
      expect(incidents(name)).toEqual([]);
    },
    TEST_MS,
  );

  test(
    'a crashing digest in the middle of a rollout is deploying, not ok',
    async () => {
      const name = 'health-middle';
      const { helper, services } = watchers.stage;
      const { push } = await play(name, {
        replicas: 2,
        // The engine goes on in spite of the crashes, to the second task when everybody has looked.
        failureAction: 'continue',
        delayMs: 180_000,
      });
      await push(crashing(`${name} two`, { afterMs: 300 }));
      await until(
        name,
        'is deployed to, and crashes',
        (service) => isHealth('deploying', 'own-deployment')(service) && service.restarts > 0,
      );
      await look(name, 'lasts', {
        api: { health: 'deploying', healthReason: 'own-deployment' },
        exit: 0,
        card: ['… deploying', /under way {3}[0-9a-f]{12} is (?:updating|verifying), by hook/],
        metric: null,
        row: ['deploying', 'the helper deploys to it'],
        page: ['A rollout is in progress: the helper deploys to it.'],
        notOnPage: [/does not work/],
      });
      expect(await helper.deployments(`?service=${name}`)).toMatchObject([{ endedAt: null }]);
      expect(incidents(name)).toEqual([]);
      await services.remove(name);
    },
    TEST_MS,
  );
});
