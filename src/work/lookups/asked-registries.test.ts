import { expect, it } from 'vitest';
import type { LastLookup } from '../../store/published/published.ts';
import { askedRegistries } from './asked-registries.ts';

const AT = Date.parse('2026-01-02T03:04:05Z');
const lookup = (change: Partial<LastLookup> = {}): LastLookup => ({
  digest: null,
  members: [],
  mediaType: '',
  failure: null,
  detail: null,
  checkedAt: AT,
  ...change,
});
const HUB = { host: 'docker.io', limit: 200, remaining: 7, windowSeconds: 21_600, at: AT + 1_000 };

it('tells each registry that was asked once, with its limit where it has one', () => {
  const lookups = new Map([
    ['registry.local:5000/acme/web:v1', lookup()],
    ['registry.local:5000/acme/api:v1', lookup({ checkedAt: AT + 5 })],
    ['docker.io/acme/web:v1', lookup()],
  ]);
  expect(askedRegistries(lookups, [HUB])).toEqual([
    {
      host: 'docker.io',
      quota: { limit: 200, remaining: 7, windowSeconds: 21_600 },
      askedAt: '2026-01-02T03:04:06.000Z',
      problem: null,
    },
    {
      host: 'registry.local:5000',
      quota: null,
      askedAt: '2026-01-02T03:04:05.005Z',
      problem: null,
    },
  ]);
  expect(askedRegistries(new Map(), [])).toEqual([]);
  expect(askedRegistries(new Map(), [HUB])).toMatchObject([{ host: 'docker.io' }]);
});

it.each([
  ['unreachable', 'no route', 'no route'],
  ['sign-in-refused', null, 'sign-in-refused'],
  ['rate-limited', 'too many requests', 'too many requests'],
  ['tag-gone', 'has no acme/web:v1', null],
] as const)('%s, %s: the problem of the registry is %s', (failure, detail, problem) => {
  const lookups = new Map([['docker.io/acme/web:v1', lookup({ failure, detail })]]);
  expect(askedRegistries(lookups, [])).toMatchObject([{ problem }]);
});

it('a registry that answered since then has no problem', () => {
  const lookups = new Map([
    ['docker.io/acme/web:v1', lookup({ checkedAt: AT + 1 })],
    ['docker.io/acme/api:v1', lookup({ failure: 'unreachable', detail: 'no route' })],
  ]);
  expect(askedRegistries(lookups, [])).toMatchObject([{ problem: null }]);
});
