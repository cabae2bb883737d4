import crypto from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import {
  parseImageReference,
  printImageReference,
} from '../../../src/core/image/image-reference.ts';
import type { DeliveryView } from '../../../src/core/contract/delivery-views.ts';
import { createSecretMatcher } from '../../../src/http/sign-in/match-secret.ts';
import { createServer } from '../../../src/http/server.ts';
import { createIntake } from '../../../src/intake/intake.ts';
import { SENDERS } from '../../../src/intake/senders.ts';
import { type FakeEngine, startFakeEngine } from '../../support/fake-engine/fake-engine.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/fake-registry/fake-registry.ts';
import { asDelivery, HOOK_SAMPLES, textOf } from '../../support/hooks/hook-samples.ts';
import { createMemoryPorts, HOOK_SECRET, hookSecret } from '../../support/work/memory-ports.ts';
import { sendRaw } from '../../support/proxies/raw-http.ts';
import {
  dockerHubPush,
  type RunningHelper,
  startHelper,
} from '../../support/program/start-helper.ts';

/** The mistakes of other receivers of the same hooks, and that none of them is made here. */
const DIGEST = `sha256:${'a'.repeat(64)}`;

const secret = hookSecret('main', HOOK_SECRET);
const intake = createIntake(SENDERS, [secret]);
const read = (body: unknown, headers: Readonly<Record<string, string>> = {}) => {
  const found = intake.read(asDelivery(JSON.stringify(body), headers), secret);
  if (found.kind !== 'understood') throw new Error(`it was ${found.kind}`);
  return {
    sender: found.sender,
    pushes: found.pushes.map(({ image, digest }) => printImageReference({ ...image, digest })),
    ignored: found.ignored.map(({ reason }) => reason),
  };
};

let folder: string;
let engine: FakeEngine;
let registry: FakeRegistry;
let helper: RunningHelper;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'receivers-'));
  engine = await startFakeEngine({ pace: 'real', speed: 20 });
  registry = await startFakeRegistry();
  helper = await startHelper({
    store: join(folder, 'store.db'),
    env: { CD_HELPER_ENGINE_URL: engine.url, CD_HELPER_REGISTRY_INSECURE: registry.host },
  });
});
afterAll(async () => {
  await helper.stop();
  await Promise.all([engine.close(), registry.close()]);
  rmSync(folder, { recursive: true });
});

/** A service that runs what was published before `to`. */
const publish = (name: string, tag = 'v1') => {
  const from = registry.setTag(`acme/${name}`, tag, `${name} one`);
  engine.addService({ name, image: `${registry.host}/acme/${name}:${tag}@${from}` });
  const to = registry.setTag(`acme/${name}`, tag, `${name} two`);
  return { to, image: `${registry.host}/acme/${name}` };
};
const updatesOf = (name: string) => engine.updates.filter((update) => update.name === name);

/** Sends a hook, and waits until each of its pushes has a first outcome. */
const send = async (
  body: unknown,
  headers: Record<string, string> = {},
): Promise<DeliveryView & { readonly answer: { readonly duplicateOf?: string } }> => {
  const sent = await helper.postHook(body, headers);
  expect(sent.status).toBe(202);
  const answer = (await sent.json()) as { delivery: string; duplicateOf?: string };
  const delivery = await waitUntil(
    async () => {
      const found = await helper.delivery(answer.delivery);
      const results = found.pushes.flatMap((push) => push.results);
      return results.every(({ outcome }) => outcome !== null) ? found : null;
    },
    { what: 'the hook has an outcome', withinMs: 20_000, everyMs: 20 },
  );
  return { ...delivery, answer };
};
const deployed = (name: string): Promise<true> =>
  waitUntil(
    async () => {
      const [last] = await helper.deployments(`?service=${name}`);
      return last?.state === 'succeeded' || null;
    },
    { what: `${name} is deployed`, withinMs: 20_000, everyMs: 20 },
  );

describe('drydock', () => {
  test('matches on the image and ignores the tag: here a push of another tag asks and changes nothing', async () => {
    const { image } = publish('tags');
    registry.setTag('acme/tags', 'v2', 'tags three');
    const { pushes } = await send({ image: `${image}:v2` });
    expect(pushes[0]?.results).toMatchObject([{ state: 'done', outcome: 'no-service' }]);
    expect(registry.count({ repository: 'acme/tags' })).toBe(0);
    expect(updatesOf('tags')).toEqual([]);
  });

  test.each(['PULL_ARTIFACT', 'DELETE_ARTIFACT', 'SCANNING_COMPLETED', 'QUOTA_EXCEED'])(
    'ignores the type of what Harbor sends: here %s pushes nothing',
    (type) => {
      const resources = [{ tag: 'v1', digest: DIGEST, resource_url: 'hub.acme.test/team/app:v1' }];
      const body = { type, event_data: { resources, repository: { repo_full_name: 'team/app' } } };
      expect(read(body)).toMatchObject({ sender: 'harbor', pushes: [], ignored: ['not-a-push'] });
      expect(read({ ...body, type: 'PUSH_ARTIFACT' }).pushes).toHaveLength(1);
    },
  );

  test.each(['package', 'registry_package'])(
    'reads registry_package alone: here %s is read',
    (event) => {
      const version = { container_metadata: { tag: { name: 'v1', digest: DIGEST } } };
      const pushed = {
        name: 'app',
        namespace: 'acme',
        ecosystem: 'CONTAINER',
        package_type: 'CONTAINER',
        package_version: version,
      };
      const body = { action: 'published', [event]: pushed };
      const found = read(body, { 'x-github-event': event });
      expect(found.pushes).toEqual([`ghcr.io/acme/app:v1@${DIGEST}`]);
    },
  );
});

describe('Keel', () => {
  test('takes what comes without X-GitHub-Event for an empty event and says 200: here it hears 400', async () => {
    const before = (await helper.deliveries()).length;
    const body = { action: 'published', package: { name: 'app', package_type: 'CONTAINER' } };
    const answer = await helper.postHook(body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      detail: expect.stringContaining('github') as string,
    });
    expect(await helper.deliveries()).toHaveLength(before);
  });

  test('lets anybody in who speaks as a registry does: here nobody gets in without the secret', async () => {
    const event = {
      id: 'e-1',
      action: 'push',
      target: { repository: 'acme/app', tag: 'v1', digest: DIGEST },
      request: { host: registry.host },
    };
    for (const path of ['/hooks', '/hooks/registry', '/v1/webhooks/registry']) {
      const answer = await fetch(`${helper.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/vnd.docker.distribution.events.v1+json' },
        body: JSON.stringify({ events: [event] }),
      });
      expect([401, 404]).toContain(answer.status);
    }
  });

  /** A server that gives up on the slow after less than a second. */
  const startServer = async (changes: Parameters<typeof createMemoryPorts>[0] = {}) => {
    const ports = createMemoryPorts(changes);
    const patience = { headersTimeout: 300, requestTimeout: 500, checkInterval: 50 };
    const server = await createServer(ports.deps, patience);
    onTestFinished(() => server.close());
    await server.listen({ host: '127.0.0.1', port: 0 });
    return { ...ports, port: (server.server.address() as AddressInfo).port };
  };
  const HEAD = `POST /hooks/${HOOK_SECRET} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n`;

  test('blocks where its buffer is full: here the sender hears at once when to come again', async () => {
    const disk = Promise.withResolvers<void>();
    const { port } = await startServer({
      acceptDelivery: async ({ id }) => {
        await disk.promise;
        return { id, duplicateOf: null };
      },
    });
    onTestFinished(() => disk.resolve());
    const body = '{"image":"acme/app:v1"}';
    const text = `${HEAD}Content-Length: ${body.length}\r\n\r\n${body}`;
    // None of those that wait is ever answered: whoever is, was refused.
    const first = await Promise.race(Array.from({ length: 600 }, () => sendRaw(port, text)));
    expect(first.status).toBe(503);
    expect(first.head.toLowerCase()).toMatch(/retry-after: \d+/);
    disk.resolve();
  });

  test('reads a body of any length: here the 257th KiB is too much', async () => {
    const { port, accepted } = await startServer();
    const text = `${HEAD}Content-Length: ${257 * 1024}\r\n\r\n${' '.repeat(257 * 1024)}`;
    expect((await sendRaw(port, text)).status).toBe(413);
    expect(accepted).toEqual([]);
  });

  test('waits for a body for ever: here it has as long as it is given', async () => {
    const { port, accepted } = await startServer();
    expect((await sendRaw(port, `${HEAD}Content-Length: 20\r\n\r\n{"image"`)).status).toBe(408);
    expect(accepted).toEqual([]);
  });
});

describe('Argo CD Image Updater', () => {
  test('reads only the first of updated_tags: here all are read', () => {
    const body = {
      docker_url: 'quay.io/team/app',
      updated_tags: ['latest', 'v1', 'v1.2'],
      repository: 'team/app',
    };
    expect(read(body)).toMatchObject({
      sender: 'quay',
      pushes: ['latest', 'v1', 'v1.2'].map((tag) => `quay.io/team/app:${tag}`),
    });
  });

  const resources = ['v1', 'v2', 'v3'].map((tag) => ({
    tag,
    digest: DIGEST,
    resource_url: `hub.acme.test/team/app:${tag}`,
  }));
  const data = { resources, repository: { repo_full_name: 'team/app' } };
  const pushes = ['v1', 'v2', 'v3'].map((tag) => `hub.acme.test/team/app:${tag}@${DIGEST}`);

  test('reads only the first of resources: here all are read', () => {
    expect(read({ type: 'PUSH_ARTIFACT', event_data: data })).toMatchObject({
      sender: 'harbor',
      pushes,
    });
  });

  test('refuses the type of Harbor’s CloudEvents: here they are read', () => {
    const event = { specversion: '1.0', type: 'harbor.artifact.pushed', source: '/p/1', id: '1' };
    const headers = { 'content-type': 'application/cloudevents+json' };
    expect(read({ ...event, data }, headers)).toMatchObject({ sender: 'harbor', pushes });
  });

  test('starts work for each event: here five hundred of one image are two looks and one update', async () => {
    const { to, image } = publish('burst');
    const looks = () => registry.count({ method: 'HEAD', repository: 'acme/burst' });
    const answers = await Promise.all(
      Array.from({ length: 500 }, () => helper.postHook({ image: `${image}:v1`, digest: to })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    await waitUntil(
      async () => {
        const all = (await helper.deliveries()).flatMap((one) => one.pushes);
        const mine = all.filter((push) => push.image === `${image}:v1`);
        const ended = mine.every(({ results }) => results.every(({ state }) => state === 'done'));
        return (mine.length === 500 && ended) || null;
      },
      { what: 'all of them are carried to their end', withinMs: 20_000, everyMs: 100 },
    );
    expect(looks()).toBeLessThanOrEqual(2);
    expect(updatesOf('burst')).toHaveLength(1);
  });
});

describe('Flux', () => {
  const known = ['first-secret', 'second-secret', 'third-secret'];
  const secrets = known.map((value) => hookSecret(value, value));

  /** The lengths of everything that is compared in constant time meanwhile. */
  const comparedIn = (act: () => void): readonly number[] => {
    const compare = crypto.timingSafeEqual;
    const compared: number[] = [];
    crypto.timingSafeEqual = (one, other) => {
      compared.push(one.byteLength, other.byteLength);
      return compare(one, other);
    };
    syncBuiltinESMExports();
    try {
      act();
    } finally {
      crypto.timingSafeEqual = compare;
      syncBuiltinESMExports();
    }
    return compared;
  };
  const SHOWN = ['', 'x', 'first-secre', 'first-secret', 'third-secret', 'x'.repeat(500)];

  test.each(SHOWN)(
    'compares secrets with !=: here all are, in constant time, where %j is shown',
    (shown) => {
      const match = createSecretMatcher(secrets);
      let isLetIn = false;
      const compared = comparedIn(() => {
        isLetIn = match(shown) !== null;
      });
      expect(isLetIn).toBe(known.includes(shown));
      // Both sides of each comparison are as long, however long the secrets are.
      expect(compared).toEqual(Array(known.length * 2).fill(64));
    },
  );

  test.each([
    ['a token', (value: string) => ({ 'x-gitlab-token': value, 'x-gitlab-event': 'Push Hook' })],
    [
      'a signature',
      (value: string) => ({
        'x-hub-signature-256': `sha256=${crypto.createHmac('sha256', value).update('{"image":"a/b:1"}').digest('hex')}`,
      }),
    ],
  ])('compares secrets with !=: here the same holds for %s', (_name, headersOf) => {
    const asked = createIntake(SENDERS, secrets);
    for (const value of ['wrong', ...known]) {
      const delivery = asDelivery('{"image":"a/b:1"}', headersOf(value));
      let kind = '';
      const compared = comparedIn(() => {
        ({ kind } = asked.read(delivery, null));
      });
      expect(kind).toBe(known.includes(value) ? 'understood' : 'refused');
      expect(compared).toEqual(Array(known.length * 2).fill(32));
    }
  });

  test('writes the path of a hook, which is its secret, into its log: here it never is', async () => {
    await helper.postHook({ image: 'acme/app:v1' });
    await helper.postHook({ nobody: 'knows this' });
    const path = new URL(helper.hookUrl).pathname.replace('/hooks/', '');
    const wrong = await fetch(`${helper.url}/hooks/wrong-${path}`, { method: 'POST', body: '{}' });
    expect(wrong.status).toBe(401);
    const written = helper.output();
    expect(written).toContain('delivery accepted');
    expect(written).toContain('hook refused');
    expect(written).not.toContain(path);
  });
});

describe('Dokploy', () => {
  test('makes three deployments of one push of three tags: here it is the one of the tag that runs', async () => {
    const { to, image } = publish('three');
    for (const tag of ['latest', 'v1.2', 'v1']) {
      registry.setTag('acme/three', tag, 'three two');
      await send({ image: `${image}:${tag}`, digest: to });
    }
    await deployed('three');
    expect(updatesOf('three')).toHaveLength(1);
    expect(await helper.deployments('?service=three')).toHaveLength(1);
  });

  test('takes the port of a registry for a tag: here it is the registry’s', () => {
    expect(read({ image: 'registry.local:5000/app' }).pushes).toEqual([
      'registry.local:5000/app:latest',
    ]);
    expect(read({ image: 'localhost:5000/app:v1' }).pushes).toEqual(['localhost:5000/app:v1']);
  });

  test.each(['1', '42', '999', '8080', '65535'])(
    'takes the tag %s for a port: here it is a tag',
    (tag) => {
      expect(read({ image: `acme/app:${tag}` }).pushes).toEqual([`docker.io/acme/app:${tag}`]);
      expect(read(dockerHubPush('acme/app', tag)).pushes).toEqual([`docker.io/acme/app:${tag}`]);
      const parsed = parseImageReference(`registry.local:5000/app:${tag}`);
      expect(parsed).toMatchObject({ image: { registry: 'registry.local:5000', tag } });
    },
  );

  test('breaks on what others than Docker Hub send: here each sender is understood', async () => {
    const senders = new Set<string>();
    const samples = HOOK_SAMPLES.filter(
      ({ registry: configured, headers = {} }) =>
        configured === undefined && !('x-gitlab-token' in headers),
    );
    for (const sample of samples) {
      const answer = await fetch(helper.hookUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...sample.headers },
        body: textOf(sample),
      });
      const expected = sample.unreadable === undefined ? [200, 202] : [400];
      expect(expected, `${sample.sender}: ${sample.name}`).toContain(answer.status);
      senders.add(sample.sender);
    }
    expect([...senders].toSorted()).toEqual(SENDERS.map(({ name }) => name).toSorted());
  });

  test('deploys again what is sent again by who has seen the address: here it only looks', async () => {
    const { to, image } = publish('again');
    const captured = { image: `${image}:v1` };
    await send(captured);
    await deployed('again');
    for (let count = 0; count < 3; count += 1) {
      const { pushes } = await send(captured);
      expect(pushes[0]?.results).toMatchObject([{ outcome: 'nothing-to-do' }]);
    }
    expect(updatesOf('again')).toHaveLength(1);
    expect(engine.running('again')).toEqual([to]);
  });
});

describe('no other receiver', () => {
  test('keeps the ids of deliveries against replay: here one that is known starts nothing', async () => {
    const { to, image } = publish('known');
    const event = {
      specversion: '1.0',
      type: 'cd-helper.image.pushed',
      source: '/ci/acme',
      id: 'build-17',
      data: { image: `${image}:v1`, digest: to },
    };
    const headers = { 'content-type': 'application/cloudevents+json' };
    const first = await send(event, headers);
    await deployed('known');
    const looks = registry.count({ method: 'HEAD', repository: 'acme/known' });
    for (let count = 0; count < 3; count += 1) {
      const again = await send(event, headers);
      expect(again.answer.duplicateOf).toBe(first.id);
      expect(again.deployments).toEqual([]);
    }
    expect(registry.count({ method: 'HEAD', repository: 'acme/known' })).toBe(looks);
    expect(updatesOf('known')).toHaveLength(1);
  });
});
