import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { freePort } from '../../../sandbox/machine/network.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { createPusher, type Pusher } from '../../../sandbox/registry/push.ts';
import { type RunningRegistry, startRegistry } from '../../../sandbox/registry/start-registry.ts';
import { endedDeployments, endedPushes, openStage } from '../../support/stage/open-stage.ts';
import {
  AUDIENCE,
  createSigner,
  EMAIL,
  signToken,
  startKeyServer,
} from '../../support/http/key-server.ts';
import { ownSandbox } from '../../support/stage/own-sandbox.ts';
import { API_TOKEN, HOOK_SECRET } from '../../support/program/start-helper.ts';
import { useStage } from '../../support/stage/use-stage.ts';

const run = promisify(execFile);
const MAIN = new URL('../../../src/main.ts', import.meta.url).pathname;

/** Long enough that the registry has failed, waited and failed again, more than once. */
const DOWN_MS = 20_000;
/** Between two tries of the registry to tell. */
const BACKOFF_MS = 2_000;

/** Tells what one registry sends from what another does. */
const IGNORING_SECRET = 'a-secret-of-a-registry-that-ignores-0123456789';

/** When a registry says in its log that nobody took its events, ms since the epoch. */
const refusedTries = (logFile: string): readonly number[] =>
  readFileSync(logFile, 'utf8')
    .split('\n')
    .filter((line) => line.includes('error writing events') && line.includes('refused'))
    .map((line) => Date.parse(/time="([^"]+)"/.exec(line)?.[1] ?? ''));

describe('a distribution registry with its own queue', () => {
  let registry: RunningRegistry;
  let pusher: Pusher;
  let port: number;
  const image = (repository: string, tag: string, digest?: string): string =>
    `${registry.host}/${repository}:${tag}${digest === undefined ? '' : `@${digest}`}`;

  beforeAll(async () => {
    const { hostAddress, folder } = ownSandbox().engines[0];
    port = await freePort('127.0.0.1');
    registry = await startRegistry({
      folder: join(folder, 'senders-registry'),
      hostAddress,
      notify: [
        {
          url: `http://127.0.0.1:${port}/hooks`,
          headers: { Authorization: [`Bearer ${HOOK_SECRET}`] },
          timeout: '1s',
          threshold: 2,
          backoff: `${BACKOFF_MS}ms`,
        },
      ],
    });
    pusher = createPusher({ url: registry.url });
  });
  afterAll(async () => {
    await pusher.close();
    await registry.stop();
  });
  const stage = useStage(() => ({
    port,
    env: { CD_HELPER_REGISTRY_INSECURE: registry.host },
    config: { hooks: { secrets: [{ name: 'ignoring', value: IGNORING_SECRET }] } },
    secrets: [IGNORING_SECRET],
  }));

  const pull = async (repository: string, tag: string): Promise<void> => {
    const answer = await fetch(`${registry.url}/v2/${repository}/manifests/${tag}`, {
      headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
      signal: AbortSignal.timeout(10_000),
    });
    await answer.arrayBuffer();
    expect(answer.status).toBe(200);
  };

  test('is not held up by what is ignored: pushes among pulls and deletions all arrive', async () => {
    const { helper } = stage;
    for (let round = 1; round <= 5; round += 1) {
      const { digest } = await pusher.pushImage(
        'senders/mixed',
        `v${round}`,
        good(`round ${round}`),
      );
      for (let count = 0; count < 10; count += 1) await pull('senders/mixed', `v${round}`);
      const gone = await pusher.uploadImage('senders/mixed', good(`untagged ${round}`));
      await pusher.deleteManifest('senders/mixed', gone.digest);
      const [push] = await endedPushes(helper, image('senders/mixed', `v${round}`), 1);
      expect(push).toMatchObject({ digest });
    }
    // The last push was the last of all events but those of its own pulls.
    const told = await waitUntil(
      async () => {
        const all = await helper.deliveries();
        const ignored = all.filter(({ pushes }) => pushes.length === 0);
        return ignored.length >= 60 ? all : null;
      },
      { what: 'the ignored events', withinMs: 30_000, everyMs: 200 },
    );
    expect(told.every(({ status, pushes }) => status === (pushes.length > 0 ? 202 : 200))).toBe(
      true,
    );
    expect(new Set(told.map(({ sender }) => sender))).toEqual(new Set(['distribution']));
    const reasons = told.flatMap(({ ignored }) => ignored.map(({ reason }) => reason));
    expect(new Set(reasons)).toEqual(new Set(['not-a-push', 'not-an-image', 'no-tag']));
    expect(
      told
        .flatMap(({ pushes }) => pushes)
        .map((push) => push.image)
        .toSorted(),
    ).toEqual([1, 2, 3, 4, 5].map((round) => image('senders/mixed', `v${round}`)));
    expect(told.filter(({ duplicateOf }) => duplicateOf !== null)).toEqual([]);
    expect(await helper.deployments()).toEqual([]);
  });

  test('that ignores pulls and layers, as the guide shows, reports pushes alone', async () => {
    const { helper } = stage;
    const folder = join(ownSandbox().engines[0].folder, 'senders-ignoring');
    const ignoring = await startRegistry({
      folder,
      hostAddress: ownSandbox().engines[0].hostAddress,
      notify: [
        {
          url: `${helper.url}/hooks`,
          headers: { Authorization: [`Bearer ${IGNORING_SECRET}`] },
          ignore: { mediatypes: ['application/octet-stream'], actions: ['pull'] },
        },
      ],
    });
    const own = createPusher({ url: ignoring.url });
    try {
      await own.pushImage('senders/ignoring', 'v1', good('ignoring'));
      const url = `${ignoring.url}/v2/senders/ignoring/manifests/v1`;
      for (let count = 0; count < 5; count += 1) {
        expect((await fetch(url, { signal: AbortSignal.timeout(10_000) })).ok).toBe(true);
      }
      // Pushed after the pulls, it arrives after whatever these were told as.
      await own.pushImage('senders/ignoring', 'v2', good('ignoring too'));
      await endedPushes(helper, `${ignoring.host}/senders/ignoring:v2`, 1);
      // The other registry tells of each time that the helper asks it.
      const told = (await helper.deliveries()).filter(({ secret }) => secret === 'ignoring');
      expect(told.map(({ pushes }) => pushes.map((push) => push.image))).toEqual([
        [`${ignoring.host}/senders/ignoring:v2`],
        [`${ignoring.host}/senders/ignoring:v1`],
      ]);
    } finally {
      await own.close();
      await ignoring.stop();
    }
  });

  test('repeats what it could not tell while the helper was down, and it is carried out once', async () => {
    const { services } = stage;
    const { digest: from } = await pusher.pushImage('senders/queued', 'v1', good('queued one'));
    await endedPushes(stage.helper, image('senders/queued', 'v1'), 1);
    await services.deploy({ name: 'senders-queued', image: image('senders/queued', 'v1', from) });
    const before = await services.versionOf('senders-queued');

    expect(await stage.helper.stop()).toBe(0);
    const goneAt = Date.now();
    const { digest: to } = await pusher.pushImage('senders/queued', 'v1', good('queued two'));
    await pull('senders/queued', 'v1');
    await pusher.pushImage('senders/other', 'v1', good('other'));
    // The registry itself says how long it found nobody.
    const tries = await waitUntil(
      async () => {
        const found = refusedTries(registry.logFile).filter((at) => at >= goneAt);
        return (found.at(-1) ?? 0) >= goneAt + DOWN_MS ? found : null;
      },
      { what: 'the registry has tried for so long', withinMs: DOWN_MS * 2, everyMs: 200 },
    );
    expect(await services.versionOf('senders-queued')).toBe(before);

    await stage.restart();
    const { helper } = stage;
    const readyAt = Date.parse(String(helper.log.find(({ msg }) => msg === 'ready')?.['time']));
    expect(readyAt - goneAt).toBeGreaterThanOrEqual(DOWN_MS);
    // It never stopped trying, and nobody answered meanwhile.
    const pauses = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
    expect(tries.length).toBeGreaterThanOrEqual(DOWN_MS / BACKOFF_MS - 2);
    expect(Math.max(...pauses)).toBeLessThan(BACKOFF_MS * 2);
    const [deployment, ...more] = await endedDeployments(helper, 'senders-queued');
    expect(more).toEqual([]);
    expect(deployment).toMatchObject({ state: 'succeeded', from, to });
    // What was pushed after it comes after it: nothing in the queue was lost or left behind.
    await endedPushes(helper, image('senders/other', 'v1'), 1);
    expect(await services.runningDigests('senders-queued')).toEqual([to]);
    const told = (await helper.deliveries()).filter(({ pushes }) =>
      pushes.some((push) => push.digest === to),
    );
    const [first, ...others] = told.filter(({ duplicateOf }) => duplicateOf === null);
    expect(others).toEqual([]);
    expect(first).toMatchObject({ sender: 'distribution', status: 202 });
    expect(Date.parse(first?.receivedAt ?? '')).toBeGreaterThanOrEqual(goneAt + DOWN_MS);
    expect((await helper.deployments('?service=senders-queued')).length).toBe(1);
    await services.remove('senders-queued');
  });

  test('an event that it repeats, because it did not hear the answer, starts nothing', async () => {
    const { helper, services } = stage;
    const { digest } = await pusher.pushImage('senders/deaf', 'v1', good('deaf'));
    const pushed = image('senders/deaf', 'v1');
    await endedPushes(helper, pushed, 1);
    await services.deploy({ name: 'senders-deaf', image: pushed });
    const event = {
      events: [
        {
          id: '6e2c3f0c-6f1a-4a43-9d39-0c7d1f2d8a11',
          timestamp: new Date().toISOString(),
          action: 'push',
          target: {
            mediaType: 'application/vnd.oci.image.manifest.v1+json',
            digest,
            repository: 'senders/deaf',
            tag: 'v1',
          },
          request: { host: registry.host, method: 'PUT' },
        },
      ],
    };
    const first = (await (await helper.postHook(event)).json()) as { delivery: string };
    await endedDeployments(helper, 'senders-deaf');
    const version = await services.versionOf('senders-deaf');
    for (let count = 0; count < 3; count += 1) {
      const answer = await helper.postHook(event);
      expect(answer.status).toBe(202);
      expect(await answer.json()).toMatchObject({ duplicateOf: first.delivery });
    }
    expect((await endedDeployments(helper, 'senders-deaf')).length).toBe(1);
    expect(await services.versionOf('senders-deaf')).toBe(version);
    await services.remove('senders-deaf');
  });
});

describe('the command line', () => {
  const stage = useStage();

  const hook = async (...words: readonly string[]): Promise<string> => {
    const { stdout } = await run(process.execPath, [MAIN, 'hook', ...words, '--no-color'], {
      env: {
        PATH: process.env['PATH'],
        CD_HELPER_URL: stage.helper.url,
        CD_HELPER_API_TOKEN: API_TOKEN,
        CD_HELPER_HOOK_SECRET: HOOK_SECRET,
      },
      timeout: 60_000,
    });
    return stdout;
  };

  test('explains a captured hook by the services of a running helper, and changes nothing', async () => {
    const { helper, services, sandbox } = stage;
    const { digest } = await sandbox.pushImage('senders/told', 'v1', good('told one'));
    await sandbox.pushImage('senders/told', 'v2', good('told one'));
    await services.deploy(
      { name: 'told-pinned', image: sandbox.image('senders/told', 'v1', digest) },
      { name: 'told-loose', image: sandbox.image('senders/told', 'v1') },
      { name: 'told-other', image: sandbox.image('senders/told', 'v2', digest) },
      {
        name: 'told-excluded',
        image: sandbox.image('senders/told', 'v1', digest),
        labels: { 'cd-helper.enabled': 'false' },
      },
    );
    const names = ['told-pinned', 'told-loose', 'told-other', 'told-excluded'];
    const versions = () => Promise.all(names.map((name) => services.versionOf(name)));
    const before = await versions();
    await sandbox.pushImage('senders/told', 'v1', good('told two'));
    const file = join(stage.folder, 'captured');
    writeFileSync(
      file,
      [
        'POST /hooks/whatever HTTP/1.1',
        'Content-Type: application/json',
        '',
        JSON.stringify([
          { image: sandbox.image('senders/told', 'v1') },
          { image: 'acme/nobody:v1' },
          { image: 'Not An Image' },
        ]),
      ].join('\r\n'),
    );
    const out = await hook('explain', file);
    expect(out).toMatch(/^It is from generic\.$/m);
    expect(out).toMatch(/told-pinned \(default\) would be checked/);
    expect(out).toMatch(/told-loose \(default\) shows no digest/);
    expect(out).toMatch(/told-other \(default\) runs .*:v2: another tag, left alone/);
    expect(out).toMatch(/told-excluded \(default\) is excluded: left alone/);
    expect(out).toMatch(/no service runs it: no registry is asked/);
    expect(out).toMatch(/Ignored: malformed-image/);
    expect(await helper.deliveries()).toEqual([]);
    expect(await helper.deployments()).toEqual([]);
    expect(await versions()).toEqual(before);
    await services.remove(...names);
  });

  test('sends as other senders do, and the helper takes each for what it is', async () => {
    const { helper } = stage;
    const hosts: Readonly<Record<string, string>> = {
      github: 'ghcr.io',
      gitlab: 'registry.gitlab.test',
      'google-artifact-registry': 'europe-docker.pkg.dev',
    };
    const before = (await helper.deliveries()).length;
    for (const [sender, host] of Object.entries(hosts)) {
      const image = `${host}/senders/sent:v1`;
      const out = await hook('send', '--sender', sender, '--image', image);
      expect(out).toContain(`pushed   ${image}`);
    }
    const told = (await helper.deliveries()).slice(0, Object.keys(hosts).length);
    expect((await helper.deliveries()).length).toBe(before + told.length);
    expect(told.map(({ sender }) => sender).toSorted()).toEqual(Object.keys(hosts).toSorted());
  });
});

describe('Pub/Sub with a token', () => {
  test('redeploys for the account that is configured, for nobody else, and keeps no token', async () => {
    const [google, stranger] = await Promise.all([createSigner('k1'), createSigner('k1')]);
    const keyServer = await startKeyServer(google.publicKey);
    const stage = await openStage(ownSandbox(), {
      env: { CD_HELPER_LOG_LEVEL: 'trace' },
      config: {
        hooks: {
          secrets: [
            {
              name: 'pubsub',
              senders: ['google-artifact-registry'],
              oidc: { audience: AUDIENCE, email: EMAIL, keys: keyServer.address },
            },
          ],
        },
      },
    });
    try {
      const { helper, services, sandbox } = stage;
      const { digest: from } = await sandbox.pushImage('senders/pubsub', 'v1', good('pubsub one'));
      const image = sandbox.image('senders/pubsub', 'v1');
      await services.deploy({ name: 'senders-pubsub', image: `${image}@${from}` });
      const { digest: to } = await sandbox.pushImage('senders/pubsub', 'v1', good('pubsub two'));
      const message = { action: 'INSERT', tag: image, digest: `${image}@${to}` };
      const body = JSON.stringify({
        message: {
          data: Buffer.from(JSON.stringify(message)).toString('base64'),
          messageId: '2070443601311540',
        },
        subscription: 'projects/acme/subscriptions/cd',
      });
      const post = (token: string): Promise<Response> =>
        fetch(`${helper.url}/hooks`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
          body,
          signal: AbortSignal.timeout(10_000),
        });
      const wrong = [
        await signToken(stranger),
        await signToken(google, { aud: 'https://elsewhere.example.org' }),
        await signToken(google, { email: 'other@acme.iam.gserviceaccount.com' }),
      ];
      for (const token of wrong) expect((await post(token)).status).toBe(401);
      expect(await helper.deliveries()).toEqual([]);
      const right = await signToken(google);
      expect((await post(right)).status).toBe(202);
      const [deployment] = await endedDeployments(helper, 'senders-pubsub');
      expect(deployment).toMatchObject({ state: 'succeeded', from, to });
      // Pub/Sub repeats what it did not hear the answer of.
      expect(await (await post(await signToken(google))).json()).toHaveProperty('duplicateOf');
      expect((await endedDeployments(helper, 'senders-pubsub')).length).toBe(1);
      expect(await helper.deliveries()).toMatchObject([{ secret: 'pubsub' }, { secret: 'pubsub' }]);

      const written = [
        helper.output(),
        ...readdirSync(stage.folder).map((file) =>
          readFileSync(join(stage.folder, file), 'latin1'),
        ),
      ].join('\n');
      expect(written).toContain('senders/pubsub');
      for (const token of [...wrong, right]) {
        const [, claims = '', signature = ''] = token.split('.');
        for (const part of [claims, signature]) expect(written.includes(part)).toBe(false);
      }
      await services.remove('senders-pubsub');
    } catch (error) {
      stage.tell();
      throw error;
    } finally {
      await stage.close();
      await keyServer.close();
    }
  });
});
