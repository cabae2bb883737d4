import * as fc from 'fast-check';
import { HOOK_SAMPLES, textOf } from '../hooks/hook-samples.ts';

/** One change somewhere in a JSON tree. */
export type Change = {
  readonly how: 'replace' | 'remove' | 'double' | 'rename' | 'graft' | 'wrap';
  /** The field to take at each level, modulo the number of fields. */
  readonly path: readonly number[];
  readonly value: unknown;
  readonly name: string;
  readonly from: number;
};

const NAMES = [
  '__proto__',
  'constructor',
  'image',
  'tag',
  'digest',
  'events',
  'action',
  'type',
  'event_data',
  'docker_url',
  'updated_tags',
  'push_data',
  'repository',
  'target',
  'data',
  'data_base64',
  'message',
  'specversion',
  'component',
  'package',
  '',
];

/** Texts with a meaning: references, addresses, paths, escapes. */
const TEXTS = [
  '',
  ' ',
  'v1',
  'V1',
  'latest',
  ':v1',
  'v1@',
  'a:b@c',
  '@',
  '../..',
  '/etc/passwd',
  'library/nginx',
  'acme/app:v2@sha256:dead',
  'sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
  'localhost:5000/a',
  '[::1]:5000/a',
  'http://169.254.169.254/latest/meta-data',
  'user:pass@evil.test/x',
  '\u0000\n\u001b[31m\u202e',
  '\ud800',
  '${HOME}',
  '{{7*7}}',
  "'; DROP TABLE deliveries; --",
  '<img src=x onerror=alert(1)>',
  '%2e%2e%2f',
  'push',
  'PUSH_ARTIFACT',
  'ping',
  'İstanbul',
  'ﬀ/ﬀ:ﬀ',
  'x'.repeat(700),
];

const anyValue = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<unknown>(...TEXTS) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>(null, true, 0, -1, 1e308, [], {}, [[]], [null]),
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
);

export const anyChange: fc.Arbitrary<Change> = fc.record({
  how: fc.constantFrom('replace', 'remove', 'double', 'rename', 'graft', 'wrap'),
  path: fc.array(fc.nat(11), { maxLength: 6 }),
  value: anyValue,
  name: fc.constantFrom(...NAMES),
  from: fc.nat(HOOK_SAMPLES.length - 1),
});

const own = (entries: readonly (readonly [string, unknown])[]): object => {
  const made = {};
  // A plain assignment of `__proto__` would not create a field, but JSON.parse does.
  for (const [name, value] of entries) {
    Object.defineProperty(made, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return made;
};

const graftOf = (from: number): unknown => {
  const sample = HOOK_SAMPLES[from];
  return sample === undefined ? null : JSON.parse(textOf(sample));
};

const changed = (value: unknown, { how, value: put, from }: Change): unknown => {
  if (how === 'graft') return graftOf(from);
  if (how === 'wrap') return [value];
  return put;
};

/** A copy of `value` with one change. The input stays unchanged. */
export const change = (value: unknown, one: Change, depth = 0): unknown => {
  const step = one.path[depth];
  if (step === undefined || typeof value !== 'object' || value === null) return changed(value, one);
  const entries = Object.entries(value);
  const at = entries.length === 0 ? -1 : step % entries.length;
  const [key, inner] = entries[at] ?? ['', null];
  const isLast = one.path[depth + 1] === undefined;
  const put = (...instead: readonly (readonly [string, unknown])[]): unknown => {
    const all = [...entries.slice(0, at), ...instead, ...entries.slice(at + 1)];
    return Array.isArray(value) ? all.map(([, item]) => item) : own(all);
  };
  if (at === -1) return changed(value, one);
  if (isLast && one.how === 'remove') return put();
  if (isLast && one.how === 'double') return put([key, inner], [one.name, inner]);
  if (isLast && one.how === 'rename') return put([one.name, inner]);
  return put([key, change(inner, one, depth + 1)]);
};
