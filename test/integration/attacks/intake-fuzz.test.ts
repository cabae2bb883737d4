import * as fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IncomingDelivery } from '../../../src/core/contract/delivery.ts';
import {
  parseImageReference,
  printImageReference,
} from '../../../src/core/image/image-reference.ts';
import type { ImagePush } from '../../../src/core/image/push.ts';
import { createServer } from '../../../src/http/server.ts';
import { createIntake, MOST_PUSHES } from '../../../src/intake/intake.ts';
import { SENDERS } from '../../../src/intake/senders.ts';
import {
  asDelivery,
  HOOK_SAMPLES,
  type HookSample,
  textOf,
} from '../../support/hooks/hook-samples.ts';
import { createMemoryPorts, HOOK_SECRET, hookSecret } from '../../support/work/memory-ports.ts';
import { anyChange, change } from '../../support/http/spoil-json.ts';

const TOGETHER = 100_000;
const RUNS = { changed: 70_000, mixed: 8_000, json: 6_000, gates: 4_000, route: 12_000 };
const TIMEOUT_MS = 120_000;

/** What the samples that show a token show. */
const SAMPLES_SECRET = 'TOKEN';
const intakes = new Map(
  [null, ...new Set(HOOK_SAMPLES.flatMap(({ registry }) => registry ?? []))].map((registry) => {
    const secret = hookSecret('main', SAMPLES_SECRET, { registry });
    return [registry, { secret, ...createIntake(SENDERS, [secret]) }] as const;
  }),
);

/** That were tried so far. */
let bodies = 0;
const read = (registry: string | null, delivery: IncomingDelivery) => {
  bodies += 1;
  const intake = intakes.get(registry);
  if (intake === undefined) throw new Error('no such intake');
  return intake.read(delivery, intake.secret);
};

/** Every text and every key in a JSON tree, and what is encoded in it, in lower case and as it is. */
const textsIn = (value: unknown, texts: string[] = []): readonly string[] => {
  if (typeof value === 'string') {
    texts.push(value, value.trim());
    // Package URLs are percent-encoded.
    if (value.startsWith('pkg:')) texts.push(...new URLSearchParams(value).values());
    // What begins so is Base64 of what begins with a brace, or with a bracket and a brace.
    if (/^(?:ey|W3)/.test(value)) texts.push(Buffer.from(value, 'base64').toString('utf8'));
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      texts.push(key);
      textsIn(inner, texts);
    }
  }
  return texts;
};

/** Hosts that a sender stands for without saying them. */
const HOSTS: readonly string[] = ['docker.io', 'ghcr.io'];
const ECR = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/;

const ALIBABA = /^registry(?:-vpc)?\.([a-z0-9-]+)\.aliyuncs\.com$/;

const expectSaid = (push: ImagePush, delivery: IncomingDelivery, registry: string | null): void => {
  const { image, digest } = push;
  const texts = [...textsIn(delivery.body), ...Object.values(delivery.headers).map(String)];
  const said = texts.map((text) => text.toLowerCase());
  const isSaid = (part: string): boolean => said.some((text) => text.includes(part.toLowerCase()));
  const about = printImageReference({ ...image, digest });

  const [, account = '', region = ''] = ECR.exec(image.registry) ?? [];
  const isKnown = HOSTS.includes(image.registry) || image.registry === registry;
  const alibaba = ALIBABA.exec(image.registry)?.[1] ?? '';
  const isComposed =
    (account !== '' && isSaid(account) && isSaid(region)) || (alibaba !== '' && isSaid(alibaba));
  expect(isKnown || isComposed || isSaid(image.registry), `host of ${about}`).toBe(true);
  for (const folder of image.repository.replace(/^library\//, '').split('/')) {
    expect(isSaid(folder), `${folder} of ${about}`).toBe(true);
  }
  const { tag } = image;
  expect(tag).not.toBeNull();
  // Tags are told apart by case: they stand there as they are, whole.
  const isTag = texts.some(
    (text) =>
      text === tag ||
      text.endsWith(`:${tag}`) ||
      text.includes(`:${tag}@`) ||
      text.includes(`:${tag}"`),
  );
  expect(isTag || tag === 'latest', `tag of ${about}`).toBe(true);
  if (digest !== null) expect(isSaid(digest.replace('sha256:', '')), about).toBe(true);
  expect(parseImageReference(printImageReference({ ...image, digest }))).toMatchObject({
    ok: true,
    image: { registry: image.registry, repository: image.repository, tag },
  });
};

const HARMFUL = /[\p{Cc}\p{Cf}\u2028\u2029]/u;

const expectSound = (registry: string | null, delivery: IncomingDelivery): void => {
  const found = read(registry, delivery);
  if (found.kind !== 'understood') {
    expect(['unrecognised', 'too-many-pushes', 'unreadable']).toContain(found.kind);
    return;
  }
  expect(found.pushes.length).toBeLessThanOrEqual(MOST_PUSHES);
  for (const push of found.pushes) expectSaid(push, delivery, registry);
  expect(found.ignored.length).toBeLessThanOrEqual(101);
  for (const { about = '' } of found.ignored) {
    if (HARMFUL.test(about) || about.length > 200) throw new Error(JSON.stringify(about));
  }
  const told = `${found.senderDeliveryId ?? ''}${Object.values(found.handshake ?? {}).join('')}`;
  expect(told.length).toBeLessThanOrEqual(400);
  expect(told).not.toMatch(HARMFUL);
};

const anySample = fc.constantFrom(...HOOK_SAMPLES);

describe('whatever the body', () => {
  it(
    'a real shape that was changed throws nothing and makes up no push',
    () => {
      fc.assert(
        fc.property(anySample, fc.array(anyChange, { minLength: 1, maxLength: 4 }), (from, all) => {
          let body: unknown = JSON.parse(textOf(from));
          for (const one of all) body = change(body, one);
          expectSound(from.registry ?? null, asDelivery(JSON.stringify(body), from.headers));
        }),
        { numRuns: RUNS.changed },
      );
    },
    TIMEOUT_MS,
  );

  it(
    'the body of one sender with the headers of another is no different',
    () => {
      const headers = fc.dictionary(
        fc.constantFrom(
          'content-type',
          'ce-type',
          'ce-id',
          'ce-source',
          'ce-specversion',
          'x-github-event',
          'x-gitea-event',
          'x-forgejo-event',
          'x-gitlab-event',
          'x-nexus-webhook-id',
          'x-github-delivery',
        ),
        fc.oneof(fc.string(), fc.constantFrom('package', 'rm:repository:component', '1.0', 'ping')),
        { maxKeys: 4 },
      );
      fc.assert(
        fc.property(anySample, anySample, headers, (from, other, more) => {
          expectSound(
            other.registry ?? null,
            asDelivery(textOf(from), { ...other.headers, ...more }),
          );
        }),
        { numRuns: RUNS.mixed },
      );
    },
    TIMEOUT_MS,
  );

  it(
    'JSON of nobody is no different',
    () => {
      fc.assert(
        fc.property(fc.json({ maxDepth: 4 }), anySample, (text, { headers, registry }) => {
          expectSound(registry ?? null, asDelivery(text, headers));
        }),
        { numRuns: RUNS.json },
      );
    },
    TIMEOUT_MS,
  );
});

/** What says in each sender's words that it was a push; anything else there is none. */
const GATES: readonly (readonly [
  sender: string,
  path: readonly string[],
  pushes: readonly string[],
])[] = [
  ['distribution', ['events', '*', 'action'], ['push']],
  ['github', ['action'], ['published', 'updated']],
  ['gitea', ['action'], ['created']],
  ['gitea', ['package', 'type'], ['container']],
  ['harbor', ['type'], ['PUSH_ARTIFACT', 'pushImage', 'harbor.artifact.pushed']],
  ['azure', ['action'], ['push']],
  ['aws-ecr', ['detail', 'action-type'], ['PUSH']],
  ['aws-ecr', ['detail', 'result'], ['SUCCESS']],
  ['nexus', ['action'], ['CREATED', 'UPDATED']],
  ['nexus', ['component', 'format'], ['docker']],
  ['jfrog', ['event_type'], ['pushed']],
  ['jfrog', ['domain'], ['docker']],
  ['cloudevents', ['type'], ['cd-helper.image.pushed']],
];

const put = (value: unknown, [key = '', ...rest]: readonly string[], text: string): unknown => {
  if (Array.isArray(value)) return value.map((item) => put(item, rest, text));
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return value;
  const copy: Record<string, unknown> = { ...value };
  copy[key] = rest.length === 0 ? text : put(copy[key], rest, text);
  return copy;
};

const isPush = ({ pushes = [], body }: HookSample): boolean =>
  pushes.length > 0 && typeof body === 'object' && !Array.isArray(body);

describe.each(GATES)('%s: %j', (sender, path, words) => {
  const samples = HOOK_SAMPLES.filter(
    (one) =>
      one.sender === sender &&
      isPush(one) &&
      JSON.stringify(put(one.body, path, '\u0001')).includes('\\u0001'),
  );

  it('anything but a push there makes none', () => {
    expect(samples.length).toBeGreaterThan(0);
    const text = fc
      .oneof(fc.string(), fc.constantFrom(...words.flatMap((word) => [`${word} `, `x${word}`, ''])))
      .filter((one) => !words.includes(one));
    fc.assert(
      fc.property(fc.constantFrom(...samples), text, ({ body, headers, registry }, word) => {
        const found = read(
          registry ?? null,
          asDelivery(JSON.stringify(put(body, path, word)), headers),
        );
        expect(found.kind === 'understood' ? found.pushes : []).toEqual([]);
      }),
      { numRuns: Math.ceil(RUNS.gates / GATES.length) },
    );
  });
});

describe('the route', () => {
  const ports = createMemoryPorts({ now: () => Date.UTC(2026, 0, 1) });
  let server: FastifyInstance;
  beforeAll(async () => {
    server = await createServer(ports.deps);
  });
  afterAll(() => server.close());

  const cuts = fc.record({
    at: fc.nat(4_000),
    length: fc.nat(4),
    put: fc.oneof(
      fc.string({ unit: 'binary', maxLength: 3 }),
      fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\\'),
    ),
  });
  /** A text in which something was cut out and something else put in its place. */
  const spoil = (
    text: string,
    { at, length, put: with_ }: { at: number; length: number; put: string },
  ) => {
    const from = at % (text.length + 1);
    return text.slice(0, from) + with_ + text.slice(from + length);
  };

  it(
    'answers any bytes with 2xx or 4xx, and stores what it answers with 2xx',
    async () => {
      const statuses = new Map<number, number>();
      await fc.assert(
        fc.asyncProperty(
          anySample,
          fc.array(anyChange, { maxLength: 2 }),
          fc.array(cuts, { maxLength: 2 }),
          fc.boolean(),
          async (from, changes, spoilt, isRight) => {
            let body: unknown = JSON.parse(textOf(from));
            for (const one of changes) body = change(body, one);
            let text = JSON.stringify(body);
            for (const one of spoilt) text = spoil(text, one);
            ports.accepted.length = 0;
            const { statusCode, payload } = await server.inject({
              method: 'POST',
              url: isRight ? `/hooks/${HOOK_SECRET}` : '/hooks',
              headers: { 'content-type': 'application/json', ...from.headers },
              payload: text,
            });
            bodies += 1;
            statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1);
            expect([200, 202, 400, 401, 429]).toContain(statusCode);
            expect(ports.accepted).toHaveLength(statusCode < 300 ? 1 : 0);
            if (!isRight) expect(statusCode).toBeGreaterThanOrEqual(400);
            if (statusCode >= 300) {
              expect(JSON.parse(payload)).toMatchObject({ status: statusCode });
            }
          },
        ),
        { numRuns: RUNS.route },
      );
      // It was worth the trouble: much of it was read, and much was not.
      for (const status of [202, 400]) expect(statuses.get(status)).toBeGreaterThan(500);
      expect(Object.keys(Object.prototype)).toEqual([]);
      expect(ports.logLines.join('\n')).not.toContain(HOOK_SECRET);
      expect(ports.logLines.filter((line) => line.startsWith('error'))).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

it('a hundred thousand bodies were tried in all of the above', () => {
  expect(bodies).toBeGreaterThanOrEqual(TOGETHER);
});
