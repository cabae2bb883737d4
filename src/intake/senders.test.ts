import { readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { IncomingDelivery } from '../core/contract/delivery.ts';
import { printImageReference } from '../core/image/image-reference.ts';
import { createIntake, type HookSecret } from './intake.ts';
import { SENDERS } from './senders.ts';

/** The cases for each sender. */
const CASES = ['ordinary', 'multi-tag', 'untagged', 'ping', 'other-action', 'oldest'] as const;
type Case = (typeof CASES)[number];

type Sample = {
  readonly name: string;
  readonly cases?: readonly Case[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly registry?: string;
  readonly body?: unknown;
  /** Replaces `body` if its spelling matters. */
  readonly raw?: string;
  readonly pushes?: readonly string[];
  readonly ignored?: readonly string[];
  /** Replaces the two before it if the delivery is refused because no image can be parsed. */
  readonly unreadable?: readonly string[];
  readonly virtualRepositories?: HookSecret['virtualRepositories'];
  readonly about?: readonly string[];
  readonly id?: string;
  readonly handshake?: Readonly<Record<string, string>>;
};

const FOLDER = new URL('../../test/support/hooks/bodies/', import.meta.url);

const samplesOf = (sender: string): readonly Sample[] =>
  JSON.parse(readFileSync(new URL(`${sender}.json`, FOLDER), 'utf8'));

const secretFor = (
  registry: string | null,
  virtualRepositories: HookSecret['virtualRepositories'] = null,
): HookSecret => ({
  name: 'main',
  value: { reveal: () => 'TOKEN' },
  senders: null,
  registry,
  virtualRepositories,
  clusters: null,
  repositories: null,
});

const deliver = (sample: Sample): IncomingDelivery => {
  const text = sample.raw ?? JSON.stringify(sample.body);
  return {
    headers: { 'content-type': 'application/json', ...sample.headers },
    raw: Buffer.from(text),
    body: JSON.parse(text),
  };
};

const readWith = (
  registry: string | null,
  delivery: IncomingDelivery,
  virtualRepositories: HookSecret['virtualRepositories'] = null,
) => {
  const secret = secretFor(registry, virtualRepositories);
  return createIntake(SENDERS, [secret]).read(delivery, secret);
};

test('every sender has samples, and every sample a sender', () => {
  const files = readdirSync(FOLDER).map((file) => file.replace('.json', ''));
  expect(files.toSorted()).toEqual(SENDERS.map(({ name }) => name).toSorted());
});

const A_TAG_EACH = 'it sends an event for each tag';
const NO_TEST = 'it tries nothing out with a body of its own';
/** Cases that a sender does not have, and why. */
const HAS_NONE: Readonly<Record<string, Partial<Record<Case, string>>>> = {
  'docker-hub': {
    'multi-tag': A_TAG_EACH,
    ping: NO_TEST,
    'other-action': 'it tells of pushes alone',
  },
  distribution: { ping: NO_TEST },
  github: { 'multi-tag': A_TAG_EACH },
  harbor: { ping: 'what it tries out with is empty, and refused as no JSON' },
  quay: { ping: 'what it tries out with is a push like any other' },
  'aws-ecr': { 'multi-tag': A_TAG_EACH, ping: NO_TEST },
  'google-artifact-registry': { 'multi-tag': A_TAG_EACH, ping: NO_TEST },
  gitea: { 'multi-tag': A_TAG_EACH },
  nexus: { 'multi-tag': A_TAG_EACH, ping: NO_TEST },
  jfrog: { 'multi-tag': A_TAG_EACH, ping: NO_TEST },
  'alibaba-acr': {
    'multi-tag': A_TAG_EACH,
    ping: NO_TEST,
    'other-action': 'it reports pushes alone',
  },
  zot: { 'multi-tag': A_TAG_EACH, ping: NO_TEST },
  cdevents: { 'multi-tag': A_TAG_EACH, ping: NO_TEST },
  cloudevents: { ping: 'it asks by OPTIONS whether it may send' },
  generic: { ping: NO_TEST, 'other-action': 'the form is our own', oldest: 'the form is our own' },
};

describe.each(SENDERS.map(({ name }) => name))('%s', (sender) => {
  it('is shown in every case that it has', () => {
    const shown = new Set(samplesOf(sender).flatMap(({ cases }) => cases ?? []));
    const none = Object.keys(HAS_NONE[sender] ?? {});
    expect([...shown, ...none].toSorted()).toEqual([...CASES].toSorted());
  });

  it.each(samplesOf(sender))('$name', (sample) => {
    const read = readWith(sample.registry ?? null, deliver(sample), sample.virtualRepositories);
    if (sample.unreadable !== undefined) {
      if (read.kind !== 'unreadable') throw new Error(`it was ${read.kind}`);
      expect(read.ignored.map(({ reason }) => reason)).toEqual(sample.unreadable);
      expect(read.ignored.every(({ detail = '' }) => detail !== '')).toBe(true);
      return;
    }
    if (read.kind !== 'understood') throw new Error(`it was ${read.kind}`);
    expect(read.sender).toBe(sender);
    expect(
      read.pushes.map(({ image, digest }) => printImageReference({ ...image, digest })),
    ).toEqual(sample.pushes ?? []);
    expect(read.ignored.map(({ reason }) => reason)).toEqual(sample.ignored ?? []);
    if (sample.about !== undefined) {
      expect(read.ignored.map(({ about }) => about)).toEqual(sample.about);
    }
    expect(read.senderDeliveryId).toBe(sample.id ?? null);
    expect(read.handshake).toEqual(sample.handshake ?? null);
  });
});

const SAMPLES = SENDERS.flatMap(({ name }) => samplesOf(name));
const RUNS = 400;

/** Replaces a value somewhere in a JSON tree. */
const mutate = (value: unknown, path: readonly number[], put: unknown): unknown => {
  const [step, ...rest] = path;
  if (step === undefined || typeof value !== 'object' || value === null) return put;
  const entries = Object.entries(value);
  if (entries.length === 0) return put;
  const [key] = entries[step % entries.length] ?? [''];
  const changed = entries.map(([name, old]) => [name, name === key ? mutate(old, rest, put) : old]);
  return Array.isArray(value) ? changed.map(([, item]) => item) : Object.fromEntries(changed);
};

const anyJson = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    '',
    '\u0000\n\u001b[0m',
    '../..',
    'a:b@c',
    '__proto__',
    'http://evil.test/x',
    '${x}',
  ),
  fc.constant({ toString: 1, valueOf: 1 }),
);

/** A text, followed by the decoded Base64 in it. */
const withDecoded = (text: string): string =>
  [
    text,
    ...[...text.matchAll(/"([\w+/-]{4,}={0,2})"/g)].map(([, encoded = '']) =>
      Buffer.from(encoded, 'base64').toString(),
    ),
  ].join('\n');

describe('laws', () => {
  const expectSound = (registry: string | null, delivery: IncomingDelivery): void => {
    const read = readWith(registry, delivery);
    if (read.kind !== 'understood') return;
    const said = withDecoded(JSON.stringify(delivery.body));
    for (const { image } of read.pushes) {
      const last = image.repository.split('/').at(-1) ?? '';
      expect(said.toLowerCase()).toContain(last);
      if (image.tag !== 'latest') expect(said).toContain(image.tag);
    }
    for (const { about = '' } of read.ignored) {
      expect(about).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
      expect(about.length).toBeLessThanOrEqual(200);
    }
  };

  it('bears any JSON and invents no push', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        expectSound(null, {
          headers: { 'content-type': 'application/json' },
          raw: Buffer.from(JSON.stringify(body)),
          body,
        });
      }),
      { numRuns: RUNS },
    );
  });

  it('bears any change of a real shape', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SAMPLES),
        fc.array(fc.nat(12), { maxLength: 6 }),
        anyJson,
        (sample, path, put) => {
          const { headers, body } = deliver(sample);
          const changed = mutate(body, path, put);
          const raw = Buffer.from(JSON.stringify(changed));
          expectSound(sample.registry ?? null, { headers, raw, body: changed });
        },
      ),
      { numRuns: RUNS * 5 },
    );
  });

  it('bears any header', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SAMPLES),
        fc.dictionary(
          fc.constantFrom(
            'content-type',
            'ce-type',
            'x-github-event',
            'x-gitea-event',
            'x-gitlab-token',
            'x-nexus-webhook-id',
            'x-jfrog-event-auth',
            'x-hub-signature-256',
            'ce-specversion',
          ),
          fc.string(),
        ),
        (sample, headers) => {
          const delivery = deliver(sample);
          expectSound(null, { ...delivery, headers: { ...delivery.headers, ...headers } });
        },
      ),
      { numRuns: RUNS },
    );
  });
});
