import { expect, test } from 'vitest';
import type { Digest } from '../../image/digest.ts';
import { parsePolicy } from '../parse-policy.ts';
import { type CandidatesFrom, candidatesOf, type SeenDigest } from './candidates.ts';

const NOW = 1_000_000;

const seen = (name: string, appearedAt: number, rest: Partial<SeenDigest> = {}): SeenDigest => ({
  tag: 'v1',
  digest: name as Digest,
  firstSeenAt: appearedAt,
  appearedAt,
  isGone: false,
  ...rest,
});

const names = (present: string | null, shown: string, all: readonly SeenDigest[]): string[] => {
  const from: CandidatesFrom = {
    present: { tag: 'v1', digest: present as Digest | null },
    policy: null,
    published: { tag: 'v1', digest: shown as Digest },
    seen: all,
  };
  return candidatesOf(from, NOW).map(({ digest }) => digest);
};

test.each([
  // Everything newer than the running one, in order of appearance.
  ['a', 'c', [seen('c', 3), seen('a', 1), seen('b', 2)], ['b', 'c']],
  ['b', 'c', [seen('a', 1), seen('b', 2), seen('c', 3)], ['c']],
  // Never anything older.
  ['c', 'd', [seen('a', 1), seen('b', 2), seen('c', 3), seen('d', 4)], ['d']],
  // Not recorded yet: it is the newest, and 0 s old.
  ['a', 'c', [seen('a', 1), seen('b', 2)], ['b', 'c']],
  // It returned: its position in the order counts from then.
  ['b', 'a', [seen('a', 5, { firstSeenAt: 1 }), seen('b', 2), seen('c', 3)], ['c', 'a']],
  // The running one was never seen: only the published one is certain to be newer.
  ['x', 'c', [seen('a', 1), seen('b', 2), seen('c', 3)], ['c']],
  [null, 'c', [seen('a', 1), seen('c', 3)], ['c']],
  // The registry no longer has it.
  ['a', 'c', [seen('a', 1), seen('b', 2, { isGone: true }), seen('c', 3)], ['c']],
  ['a', 'b', [seen('a', 1, { isGone: true }), seen('b', 2)], ['b']],
])('%s runs, %s is published: %#', (present, shown, all, expected) => {
  expect(names(present, shown, all)).toEqual(expected);
});

test('of a service that follows tags, newer tags by its policy and never older ones', () => {
  const parsed = parsePolicy('semver:1.x');
  if (!parsed.ok) throw new Error(parsed.problem);
  const tag = (name: string, at: number): SeenDigest => seen(name, at, { tag: name });
  const all = [
    tag('v1.4.0', 2),
    tag('v1.6.0', 3),
    tag('v1.5.0', 4),
    tag('v1.2.0', 5),
    tag('v2.0.0', 6),
  ];
  const found = candidatesOf(
    {
      present: { tag: 'v1.3.0', digest: 'v1.3.0' as Digest },
      policy: parsed.policy,
      published: { tag: 'v1.6.0', digest: 'v1.6.0' as Digest },
      seen: all,
    },
    NOW,
  );
  expect(found.map((one) => one.tag)).toEqual(['v1.4.0', 'v1.5.0', 'v1.6.0']);
});
