import * as fc from 'fast-check';
import { compare, satisfies } from 'semver';
import { expect, test } from 'vitest';
import { chooseTag, whyNot } from './choose-tag.ts';
import { parsePolicy } from './parse-policy.ts';
import type { Policy, TagSeen } from './policy.ts';
import { readSuffix, readVersion } from './version.ts';

const policyOf = (label: string): Policy => {
  const parsed = parsePolicy(label);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.policy;
};

const at = (tag: string, arrivedAt: number | null = null): TagSeen => ({ tag, arrivedAt });

/** The tag to which a service with `present` moves after a push of `tags`; its own tag if it stays. */
const moved = (label: string, present: string, ...tags: readonly string[]): string =>
  chooseTag(
    policyOf(label),
    at(present, 0),
    tags.map((tag, index) => at(tag, index + 1)),
  ) ?? present;

/** Tags as one of our own pipelines pushes them. */
const SCHEME = ['v1', 'v1.3', 'v1.3.0_982c388', 'pr-177', 'INT', 'main-60737d6'];

test.each([
  ['semver:1.x', 'v1.3.0', ['v1.4.0'], 'v1.4.0'],
  ['semver:1.x', 'v1.3.0', ['v2.0.0'], 'v1.3.0'],
  ['semver:1.x', 'v1.3.0', ['v1.4.0', 'v1.10.0', 'v1.9.9'], 'v1.10.0'],
  ['semver:~1.3', 'v1.3.0', ['v1.4.0', 'v1.3.1'], 'v1.3.1'],
  ['semver:1.x || 3.x', 'v1.3.0', ['v2.0.0', 'v3.0.0'], 'v3.0.0'],
  // Never to an older tag, even if tags arrive late or again.
  ['semver:1.x', 'v1.4.0', ['v1.3.9', 'v1.4.0'], 'v1.4.0'],
  ['semver:1.x', 'v2.0.0', ['v1.9.0'], 'v2.0.0'],
  // Outside the policy, and not newer than it.
  ['semver:1.x', 'v0.9.0', ['v1.0.0'], 'v1.0.0'],
  // The first accepted tag is newer than a tag that is not a version.
  ['semver:1.x', 'v1', ['v1.3.0_982c388'], 'v1.3.0_982c388'],
  ['semver:1.x', 'latest', ['1.0.0'], '1.0.0'],
  ['semver:1.x', 'v1.2.0', SCHEME, 'v1.3.0_982c388'],
  // A commit id of digits only is not a version, and neither is anything with fewer than three numbers.
  ['semver:*', 'v1.3.0', ['1234567', '99', '99.1'], 'v1.3.0'],
  ['semver:*', 'v1.3.0', ['99999999999999999999.0.0', '1.2.3.4', 'v1.04.0', 'V1.4.0'], 'v1.3.0'],
  // Prereleases only if the policy asks for them.
  [
    'semver:1.x',
    'v1.3.0',
    ['v1.4.0-rc1', 'v1.4.0-rc.1', 'v1.4.0-20270101', 'v1.4.0-SNAPSHOT'],
    'v1.3.0',
  ],
  ['semver:1.x-0', 'v1.3.0', ['v1.4.0-rc.1', 'v1.4.0-beta.2'], 'v1.4.0-rc.1'],
  ['semver:1.x-0', 'v1.4.0-rc.2', ['v1.4.0'], 'v1.4.0'],
  ['semver:1.x-0', 'v1.3.0', ['v2.0.0-rc.1'], 'v1.3.0'],
  ['semver:>=1.4.0-rc.1 <2', 'v1.3.0', ['v1.5.0-rc.1'], 'v1.5.0-rc.1'],
  ['semver:1.x || 2.x-0', 'v1.3.0', ['v1.4.0-rc.1'], 'v1.3.0'],
  ['semver:1.x || 2.x-0', 'v1.3.0', ['v2.0.0-rc.1'], 'v2.0.0-rc.1'],
  // Flux's documented ranges.
  ['semver:5.1.x', '5.1.0', ['5.1.4', '5.2.0'], '5.1.4'],
  ['semver:>=1.0.0', '1.0.0', ['2.1.0', '3.0.0-rc.1'], '2.1.0'],
  ['semver:>=1.0.0-0', '1.0.0', ['2.1.0', '3.0.0-rc.1'], '3.0.0-rc.1'],
  ['semver:^1.x-0', '1.0.0', ['1.2.0-rc.1', '2.0.0'], '1.2.0-rc.1'],
  ['semver:~1.0.0-0', '1.0.0', ['1.0.1-alpha.1', '1.1.0'], '1.0.1-alpha.1'],
  // The variant stays.
  [
    'semver:1.x',
    '1.2.0-alpine',
    ['1.3.0', '1.3.0-alpine', '1.4.0-alpine3.18', '1.4.0-slim'],
    '1.3.0-alpine',
  ],
  ['semver:1.x', '1.2.0', ['1.3.0-alpine'], '1.2.0'],
  ['semver:1.x', '1-alpine', ['1.3.0', '1.3.0-alpine'], '1.3.0-alpine'],
  ['semver:1.x-0', '1.2.0-alpine', ['1.3.0-rc1-alpine', '1.3.0-rc2'], '1.3.0-rc1-alpine'],
  // Equal versions.
  ['semver:1.x', 'v1.3.0', ['1.3.0', 'v1.3.0_abc'], 'v1.3.0'],
  ['semver:1.x', 'v1.3.0_982c388', ['v1.3.0_fffffff'], 'v1.3.0_982c388'],
  ['semver:1.x', '1.3.0', ['v1.4.0', '1.4.0', '1.4.0_abc'], '1.4.0'],
  ['semver:1.x', 'v1.3.0_982c388', ['1.4.0', 'v1.4.0', 'v1.4.0_abc'], 'v1.4.0_abc'],
  ['semver:1.x', 'v1.3.0', ['1.4.0'], '1.4.0'],

  ['glob:v1.*', 'v1.3.0', ['v1.9.0', 'v1.10.0', 'v2.0.0', '1.11.0', 'v1.latest'], 'v1.10.0'],
  ['glob:v1.*', 'v1.3.0', ['v1.4.0-rc.1'], 'v1.3.0'],
  ['glob:v1.*-rc*', 'v1.3.0', ['v1.4.0-rc.1', 'v1.5.0'], 'v1.4.0-rc.1'],
  ['glob:*', 'latest', ['latest', 'main-1', 'v0.1.0'], 'v0.1.0'],

  [String.raw`regex:^main-(?<n>\d+)$`, 'main-9', ['main-10', 'main-60737d6', 'pr-99'], 'main-10'],
  [String.raw`regex:^main-(?<n>\d+)$`, 'main-10', ['main-9'], 'main-10'],
  [String.raw`regex:^main-(?<n>\d+)$`, 'latest', ['main-1'], 'main-1'],
  // Flux's numerical policy.
  [
    String.raw`regex:^main-[a-f0-9]+-(?<ts>[0-9]+)`,
    'main-aa-1700000000',
    ['main-bb-1700000001'],
    'main-bb-1700000001',
  ],
  // In the order of the groups, whatever their names, and with numbers larger than doubles.
  [String.raw`regex:^r(?<z>\d+)\.(?<a>\d+)$`, 'r1.9', ['r2.0', 'r1.10'], 'r2.0'],
  [
    String.raw`regex:^b(?P<n>\d+)$`,
    'b9007199254740992',
    ['b9007199254740993'],
    'b9007199254740993',
  ],
  [String.raw`regex:^b(?<n>\w+)$`, 'b1', ['bxy', 'b2'], 'b2'],
  [String.raw`regex:^b(?<n>\d+)(?:-(?<m>\d+))?$`, 'b2', ['b2-1'], 'b2-1'],

  ['calver:YYYY.MM.MICRO', '2026.9.4', ['2026.10.1', '2026.13.1', '2026.10'], '2026.10.1'],
  ['calver:YYYY.MM.MICRO', '2026.10.1', ['2026.9.9', '2026.10.1'], '2026.10.1'],
  ['calver:YY.0M', '26.04', ['26.10', '26.4'], '26.10'],
  ['calver:YYYY0M0D', '20261130', ['20261201', '20261301'], '20261201'],
  [
    'calver:YYYY.MM.MICRO',
    '2026.9.4-alpine',
    ['2026.10.1', '2026.10.1-alpine'],
    '2026.10.1-alpine',
  ],
  ['calver:YYYY.MM.MICRO', 'v2026.9.4', ['2026.10.1', 'v2026.10.1'], 'v2026.10.1'],
  ['calver:YYYY.MM.MICRO', '2026.9.4', ['2026.10.1-rc1'], '2026.9.4'],

  ['newest:main-*', 'main-aaa', ['main-bbb', 'main-abc', 'pr-1'], 'main-abc'],
  ['newest:main-*', 'latest', ['main-bbb'], 'main-bbb'],
])('%s at %s, pushed %j: %s', (label, present, tags, expected) => {
  expect(moved(label, present, ...tags)).toBe(expected);
});

test('a repeated push of an older tag does not count as the newest', () => {
  const policy = policyOf('newest:main-*');
  expect(chooseTag(policy, at('main-b', 200), [at('main-a', 100)])).toBeNull();
  expect(whyNot(policy, at('main-b', 200), at('main-a', 100))).toContain('older than main-b');
  // It is unknown when the present tag was pushed.
  expect(chooseTag(policy, at('main-b'), [at('main-a', 100)])).toBe('main-a');
});

test.each([
  ['', 'must begin with one of semver:, glob:, regex:, calver:, newest:'],
  ['1.x', 'must begin with one of'],
  ['toString:1', 'must begin with one of'],
  ['semver:', 'a range is missing'],
  ['semver:latest', '"latest" is not a version range'],
  ['semver:1.x ||', '"" is not a version range'],
  ['semver:>=1.2,<1.5', 'separated by a space'],
  ['semver:>2 <1', 'no version is in the range'],
  ['glob:', 'a pattern is missing'],
  ['glob:v1.$', 'no tag holds "$"'],
  ['glob:main-*', 'use newest:'],
  ['newest:main:*', 'no tag holds ":"'],
  ['regex:', 'a pattern is missing'],
  [String.raw`regex:^main-(\d+)$`, 'has no group'],
  [String.raw`regex:^main-(?<n>\d+$`, 'missing closing )'],
  [String.raw`regex:^(?=x)(?<n>\d+)$`, 'write $$ for $'],
  [`regex:${'a'.repeat(501)}`, 'longer than 500'],
  ['calver:', 'a form is missing'],
  ['calver:MM.MICRO', 'has no year'],
  ['calver:DD.MM.YYYY', 'not in the order'],
  ['calver:YYYY.JAN', 'holds "JAN"'],
])('%s is refused: %s', (label, problem) => {
  const parsed = parsePolicy(label);
  expect(parsed).toMatchObject({ ok: false, problem: expect.stringContaining(problem) });
});

test.each([
  ['', null, ''],
  ['-rc.1', 'rc.1', ''],
  ['-rc1-alpine', 'rc1', 'alpine'],
  ['-rc-1', 'rc-1', ''],
  ['-5-gabc1234', '5', 'gabc1234'],
  ['-alpine3.18', null, 'alpine3.18'],
  ['-alpine-slim', null, 'alpine-slim'],
  ['-rc.1_982c388', 'rc.1', ''],
  ['_982c388-dirty', null, ''],
  ['-a1b2c3d', null, 'a1b2c3d'],
])('what follows the numbers of 1.0.0%s', (text, prerelease, variant) => {
  expect(readSuffix(text)).toEqual({ prerelease, variant });
});

test('a pattern that would take for ever elsewhere takes no time', () => {
  const policy = policyOf(String.raw`regex:^(?:a+)+(?<n>\d)$`);
  const began = performance.now();
  expect(policy.refuses('a'.repeat(127), 'x')).toContain('does not match');
  expect(performance.now() - began).toBeLessThan(1_000);
});

const number = fc.integer({ min: 0, max: 30 });
const release = fc.tuple(number, number, number).map((parts) => parts.join('.'));
const version = fc
  .tuple(
    fc.constantFrom('', 'v'),
    release,
    fc.constantFrom('', '-rc.1', '-rc.2', '-beta', '-1'),
    fc.constantFrom('', '-alpine', '-slim'),
    fc.constantFrom('', '_982c388', '_60737d6'),
  )
  .map((parts) => parts.join(''));
const anyTag = fc.oneof(
  { weight: 6, arbitrary: version },
  { weight: 2, arbitrary: fc.constantFrom(...SCHEME, 'latest', '1234567', '1-alpine') },
  { weight: 2, arbitrary: number.map((n) => `main-${n}`) },
  { weight: 2, arbitrary: fc.tuple(number, number).map(([m, n]) => `2026.${m}.${n}`) },
);
const anyLabel = fc.constantFrom(
  'semver:1.x',
  'semver:*',
  'semver:>=1.2.0-0',
  'semver:1.x-0 || 5.x',
  'glob:v1.*',
  'glob:*-*',
  String.raw`regex:^main-(?<n>\d+)$`,
  'calver:YYYY.MM.MICRO',
  'newest:main-*',
);
const pushes = fc.array(fc.record({ tag: anyTag, arrivedAt: fc.integer({ min: 1, max: 9 }) }), {
  maxLength: 12,
});

test('ranges and order are those of the semver package', () => {
  fc.assert(
    fc.property(
      release,
      fc.constantFrom('1.x', '~3.2', '^4', '>=2 <9', '*', '1.2 - 20', '1.x || >25'),
      (text, range) => {
        const policy = policyOf(`semver:${range}`);
        expect(policy.refuses(text, '0.0.0') === null).toBe(satisfies(text, range));
      },
    ),
  );
  fc.assert(
    fc.property(version, version, (a, b) => {
      const [one, other] = [readVersion(a), readVersion(b)];
      const order = policyOf('semver:*').compare(at(a), at(b));
      expect(order).toBe(compare(one?.number ?? '', other?.number ?? ''));
    }),
  );
});

test('laws: never downwards, whatever the order, once, in the variant of the present tag', () => {
  fc.assert(
    fc.property(
      anyLabel,
      anyTag,
      pushes,
      fc.infiniteStream(fc.nat()),
      (label, tag, all, random) => {
        const policy = policyOf(label);
        const present = at(tag, 5);
        const chosen = chooseTag(policy, present, all);
        const shuffled = all
          .map((one) => ({ one, key: random.next().value ?? 0 }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ one }) => one);
        expect(chooseTag(policy, present, shuffled)).toBe(chosen);
        if (chosen === null) return;
        const newest = all
          .filter((one) => one.tag === chosen)
          .reduce((a, b) => ((a.arrivedAt ?? 0) > (b.arrivedAt ?? 0) ? a : b));
        const order = policy.compare(newest, present);
        expect(order === null || order > 0).toBe(true);
        // Once it has that tag, the same push changes nothing.
        expect(chooseTag(policy, newest, all)).toBeNull();
        const [before, after] = [readVersion(tag), readVersion(chosen)];
        if (before !== null && /^(?:semver|glob)/.test(label)) {
          expect(after?.variant).toBe(before.variant);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

test('by arrival, a present tag that was pushed again is newer than what came before that', () => {
  const policy = policyOf('newest:main-*');
  const again = { tag: 'main-2', arrivedAt: 7 };
  expect(chooseTag(policy, at('main-2', 5), [again, { tag: 'main-1', arrivedAt: 6 }])).toBeNull();
  expect(chooseTag(policy, at('main-2', 5), [again, { tag: 'main-3', arrivedAt: 8 }])).toBe(
    'main-3',
  );
});
