import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../../sandbox/machine/network.ts';
import { foreign, good } from '../../../sandbox/image/sample.ts';
import { type EngineProxy, startEngineProxy } from '../../chaos/engine-proxy.ts';
import { whyWithout } from '../../support/browser/browser-packages.ts';
import { ownSandbox } from '../../support/stage/own-sandbox.ts';
import { useWatchers } from '../../support/watchers/use-watchers.ts';
import { firstEnded } from '../../support/watchers/first-ended.ts';

const TEST_MS = 400_000;
const without = await whyWithout('chromium');

describe.skipIf(without !== null).concurrent('a release of which no task ever runs', () => {
  let proxy: EngineProxy;
  beforeAll(async () => {
    const [engine] = ownSandbox().engines;
    proxy = await startEngineProxy(engine.socket, join(engine.folder, 'bad-releases.sock'));
  });
  afterAll(() => proxy.close());
  const watchers = useWatchers(() => ({ env: { CD_HELPER_ENGINE_URL: proxy.url } }));
  const { play, until, look, untilTold, incidents } = watchers;

  test(
    'its image is gone before a node has pulled it',
    async () => {
      const name = 'bad-gone';
      const { sandbox, helper } = watchers.stage;
      const { push, repository, first } = await play(name);
      const { digest: gone } = await sandbox.uploadImage(repository, good(`${name} two`));
      proxy.onUpdateOf(`${name}:v1@${gone}`, () => sandbox.deleteManifest(repository, gone));
      await push(good(`${name} two`));
      expect(await firstEnded(helper, name)).toMatchObject({
        state: 'rolled-back',
        reason: 'image-unavailable',
        failure: { message: expect.stringContaining('No such image') as string },
      });
      expect(await untilTold(name, 'rolled-back')).toMatchObject({ reason: 'image-unavailable' });
      await until(name, 'works', ({ health }) => health === 'ok');
      await helper.post(`/clusters/default/services/${name}/check`);
      await until(name, 'was checked', ({ reason }) => reason === 'tag-gone');
      await look(name, 'over', {
        api: { health: 'ok', running: first, verdict: 'unknown' },
        exit: 3,
        card: [
          '✓ ok',
          /last try {4}rolled-back .*image-unavailable/,
          `runs        ${short(first)}`,
        ],
        metric: null,
        row: ['unknown', 'the tag is gone'],
        page: ['the registry does not have this tag', 'Last try', 'a node could not get the image'],
        notOnPage: [/does not work/],
      });
    },
    TEST_MS,
  );

  test(
    'it is built for other machines',
    async () => {
      const name = 'bad-machine';
      const { services } = watchers.stage;
      const { push, ended, first } = await play(name);
      const version = await services.versionOf(name);
      const to = await push(foreign(`${name} two`, 'manifest'));
      expect(await ended()).toMatchObject({ state: 'failed', reason: 'no-fitting-node', to });
      expect(await untilTold(name, 'failed')).toMatchObject({ reason: 'no-fitting-node' });
      await look(name, 'over', {
        api: { health: 'ok', verdict: 'held', reason: 'no-fitting-node', running: first },
        exit: 0,
        card: ['✓ ok', '‖ held', 'no-fitting-node', /built for linux\/\w+/],
        metric: null,
        row: ['held', 'no node can run it'],
        page: [/the image is built for linux\/\w+/, 'Last try', 'no node can run the new tasks'],
        notOnPage: [/does not work/],
      });
      // Nothing was ever sent.
      expect(await services.versionOf(name)).toBe(version);
    },
    TEST_MS,
  );

  test(
    'a folder that it mounts is gone from its node, also for the image before',
    async () => {
      const name = 'bad-mount';
      const { helper, folder, services } = watchers.stage;
      const source = join(folder, 'mounted');
      mkdirSync(source);
      const { push } = await play(name, {
        labels: { 'cd-helper.timeout': '20s' },
        containerSpec: { Mounts: [{ Type: 'bind', Source: source, Target: '/data' }] },
      });
      rmSync(source, { recursive: true });
      await push(good(`${name} two`));
      expect(await firstEnded(helper, name)).toMatchObject({
        reason: 'not-started',
        failure: { message: expect.stringContaining('bind source path does not exist') as string },
      });
      await until(name, 'fails', ({ health }) => health === 'failing');
      await until(name, 'says why', ({ healthReason }) => healthReason === 'cannot-start');
      await untilTold(name, 'failing');
      await look(name, 'lasts', {
        api: {
          health: 'failing',
          healthReason: 'cannot-start',
          replicas: { running: 0, desired: 1 },
        },
        exit: 1,
        card: ['✗ failing', '(cannot-start)', 'bind source path does not exist', 'what to do'],
        metric: /reason="cannot-start"} 1$/,
        row: ['failing', 'its tasks cannot be started'],
        page: [
          'The service does not work: its tasks cannot be started.',
          'bind source path does not exist',
          'What to do: Fix what the last task reports',
        ],
      });
      mkdirSync(source);
      await push(good(`${name} three`));
      await services.converged(name);
      const recovered = await untilTold(name, 'recovered');
      expect(recovered).toMatchObject({ incident: incidents(name)[0]?.incident });
      await look(name, 'over', {
        api: { health: 'ok' },
        exit: 0,
        card: ['✓ ok'],
        metric: null,
        row: [name],
        page: ['Deployed by'],
        notOnPage: [/does not work/],
      });
    },
    TEST_MS,
  );

  test(
    'it is started before the old task stops, which has its port',
    async () => {
      const name = 'bad-port';
      const { helper } = watchers.stage;
      const port = await freePort();
      const { push, first } = await play(name, {
        order: 'start-first',
        labels: { 'cd-helper.timeout': '15s' },
        spec: {
          EndpointSpec: {
            Mode: 'dnsrr',
            Ports: [
              { Protocol: 'tcp', TargetPort: port, PublishedPort: port, PublishMode: 'host' },
            ],
          },
        },
      });
      await push(good(`${name} two`));
      expect(await firstEnded(helper, name)).toMatchObject({
        state: 'rolled-back',
        reason: 'no-fitting-node',
        failure: { message: expect.stringContaining('port') as string },
      });
      expect(await untilTold(name, 'rolled-back')).toMatchObject({ reason: 'no-fitting-node' });
      await until(name, 'works', ({ health }) => health === 'ok');
      await look(name, 'over', {
        api: { health: 'ok', running: first, replicas: { running: 1, desired: 1 } },
        exit: 0,
        card: ['✓ ok', /last try {4}rolled-back .*port/],
        metric: null,
        row: [name],
        page: ['Last try', 'no node can run the new tasks', 'port'],
        notOnPage: [/does not work/],
      });
    },
    TEST_MS,
  );

  test(
    'no node has the label any more that it asks for',
    async () => {
      const name = 'bad-constraint';
      const { sandbox, services } = watchers.stage;
      const { docker } = sandbox.engines[0];
      const node = (await docker('node', 'ls', '--quiet')).trim();
      await docker('node', 'update', '--label-add', 'bad-releases=yes', node);
      const { push, ended } = await play(name, {
        constraints: ['node.labels.bad-releases == yes'],
      });
      await docker('node', 'update', '--label-rm', 'bad-releases', node);
      await until(name, 'fails', ({ health }) => health === 'failing');
      const to = await push(good(`${name} two`));
      expect(await ended()).toMatchObject({ state: 'failed', reason: 'no-fitting-node', to });
      await untilTold(name, 'failing');
      await look(name, 'lasts', {
        api: { health: 'failing', healthReason: 'nothing-runs', verdict: 'held' },
        exit: 1,
        card: ['✗ failing', '(nothing-runs)', 'node.labels.bad-releases == yes'],
        metric: /reason="nothing-runs"} 1$/,
        row: ['failing', 'no task runs', 'no node can run it'],
        page: [
          'The service does not work: no task runs.',
          'What to do: See why no task runs: docker service ps',
          'node.labels.bad-releases == yes',
        ],
      });
      await docker('node', 'update', '--label-add', 'bad-releases=yes', node);
      const fits = await push(good(`${name} three`));
      await services.converged(name, { digest: fits });
      const recovered = await untilTold(name, 'recovered');
      expect(recovered).toMatchObject({ incident: incidents(name)[0]?.incident });
      await look(name, 'over', {
        api: { health: 'ok' },
        exit: 0,
        card: ['✓ ok'],
        metric: null,
        row: [name],
        page: ['Deployed by'],
        notOnPage: [/does not work/],
      });
    },
    TEST_MS,
  );
});

const short = (digest: string): string => digest.slice('sha256:'.length, 'sha256:'.length + 12);
