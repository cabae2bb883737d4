import { expect, it } from 'vitest';
import {
  digestOfChar,
  failedLookup,
  makeService,
  published,
} from '../../../test/support/work/make-service.ts';
import { presentTag, type Service } from '../../core/swarm/service.ts';
import type { Verdict } from '../../core/verdict/verdict.ts';
import type { ListTags } from '../lookups/answers.ts';
import type { CheckedService } from '../assess/check-services.ts';
import type { TaggedImage } from '../../core/contract/registries.ts';
import { chooseListed } from './choose-listed.ts';

const A = digestOfChar('a');
const B = digestOfChar('b');
const { signal } = new AbortController();

const follower = (label: string, tag = 'v1.3.0', change: Partial<Service> = {}): Service =>
  makeService({
    id: `${label} ${tag}`,
    imageText: `acme/web:${tag}@${A}`,
    labels: label === '' ? {} : { 'cd-helper.track': label },
    ...change,
  });

/** A repository with these tags, and the names that were listed. */
const repository = (...tags: readonly string[]) => {
  const asked: string[] = [];
  const listTags: ListTags = async ({ repository: name }) => {
    asked.push(name);
    return { kind: 'tags', tags };
  };
  return { asked, listTags };
};

const choose = (
  services: readonly Service[],
  listTags: ListTags,
  open: ReadonlyMap<string, string> = new Map(),
) =>
  chooseListed(
    {
      select: 'all',
      listTags,
      tracking: {
        floorOf: (service) => {
          const tag = open.get(service.id) ?? presentTag(service);
          return tag === null ? null : { tag, arrivedAt: null };
        },
        ranBefore: () => null,
      },
    },
    services,
    signal,
  );

const checked = (
  service: Service,
  image: TaggedImage | undefined,
  verdict: Verdict,
): CheckedService => ({
  service,
  image: image ?? null,
  tasks: null,
  knownDigest: null,
  lookup: published(B),
  members: null,
  verdict,
});
const OBSOLETE: Verdict = { verdict: 'obsolete', from: A, to: B };
const held = (kind: 'known-bad' | 'left-by-person'): Verdict => ({
  verdict: 'held',
  hold: { kind, since: '2026-01-01T00:00:00Z', deployment: null },
  from: A,
  to: B,
});

it('chooses for each what its policy takes, and lists nothing where nothing follows', async () => {
  const { asked, listTags } = repository(
    'v1.3.0',
    'v1.4.2',
    'v1.4.0',
    'v2.0.0',
    'main-7',
    'pr-177',
  );
  const all = [
    follower('semver:1.x'),
    follower('semver:~1.3'),
    follower('regex:^main-(?<n>\\d+)$', 'main-5'),
    follower('newest:main-*', 'main-3'),
    follower('', 'v1.3.0'),
    follower('semver:1.x', 'v1.2.0', {
      labels: { 'cd-helper.track': 'semver:1.x', 'cd-helper.enabled': 'false' },
    }),
  ];
  const { targets } = await choose(all, listTags);
  expect(all.flatMap(({ id }) => targets.get(id)?.tag ?? [])).toEqual([
    'v1.4.2',
    'v1.3.0',
    'main-7',
    'main-3',
  ]);
  expect(asked).toHaveLength(3);
  const nobody = repository('v9.9.9');
  expect((await choose([follower('')], nobody.listTags)).targets.size).toBe(0);
  expect((await choose([follower('newest:*')], nobody.listTags)).targets.size).toBe(1);
  expect(nobody.asked).toEqual([]);
});

it('does not go below what is on its way', async () => {
  const service = follower('semver:1.x');
  const { listTags } = repository('v1.3.0', 'v1.4.0');
  const { targets } = await choose([service], listTags, new Map([[service.id, 'v1.5.0']]));
  expect(targets.get(service.id)?.tag).toBe('v1.5.0');
});

it('passes over tags that failed, until one may be deployed', async () => {
  const service = follower('semver:1.x');
  const { listTags } = repository('v1.3.0', 'v1.3.1', 'v1.4.0', 'v1.4.1');
  const chosen = await choose([service], listTags);
  const tried: string[] = [];
  const [end] = await chosen.insteadOfHeld(
    [checked(service, chosen.targets.get(service.id), held('known-bad'))],
    async ([one], targets) => {
      const image = targets.get(one?.id ?? '');
      tried.push(image?.tag ?? '');
      return [checked(service, image, image?.tag === 'v1.3.1' ? OBSOLETE : held('known-bad'))];
    },
  );
  expect(tried).toEqual(['v1.4.0', 'v1.3.1']);
  expect(end?.verdict).toEqual(OBSOLETE);
  if (end === undefined) throw new Error('nothing was checked');
  expect(chosen.trackingOf(end)).toEqual({
    policy: 'semver:1.x',
    newest: 'v1.4.1',
    next: 'v1.3.1',
    whyNot: null,
    tags: 4,
    ran: null,
  });
});

it.each([
  ['a person left the newest', held('left-by-person'), 0],
  ['every other tag failed too', held('known-bad'), 1],
] as const)('stays held where %s', async (_name, verdict, checks) => {
  const service = follower('semver:1.x');
  const { listTags } = repository('v1.3.0', 'v1.4.0', 'v1.4.1');
  const chosen = await choose([service], listTags);
  let asked = 0;
  const [end] = await chosen.insteadOfHeld(
    [checked(service, chosen.targets.get(service.id), verdict)],
    async (_services, targets) => {
      asked += 1;
      return [checked(service, targets.get(service.id), verdict)];
    },
  );
  expect(end?.image?.tag).toBe('v1.4.1');
  expect(end?.verdict).toEqual(verdict);
  expect(asked).toBe(checks);
});

it.each([
  ['semver:1.x', 'v2.0.0', ['v1.4.0'], 'v1.4.0: it is older than v2.0.0, which the service has'],
  ['semver:1.x', 'v1.3.0', ['v2.0.0'], 'the repository has no tag that matches semver:1.x'],
  ['semver:1.x', 'v1.3.0', ['v1.3.0'], null],
  [
    'newest:v*',
    'v1.3.0',
    [],
    'it follows pushes: a list of tags does not show which was pushed last',
  ],
] as const)('%s at %s among %j stays: %s', async (label, tag, tags, whyNot) => {
  const service = follower(label, tag);
  const { listTags } = repository(...tags);
  const chosen = await choose([service], listTags);
  const one = checked(service, chosen.targets.get(service.id), { verdict: 'current' });
  expect(chosen.trackingOf(one)).toMatchObject({ next: null, whyNot });
});

it('cannot tell that a service is current without the list, and still deploys its own tag', async () => {
  const service = follower('semver:1.x');
  const failure = { ...failedLookup('rate-limited'), detail: 'asks for fewer requests' };
  const chosen = await choose([service], async () => failure);
  const image = chosen.targets.get(service.id);
  expect(image?.tag).toBe('v1.3.0');
  const never = async () => {
    throw new Error('nothing is checked again');
  };
  const [current] = await chosen.insteadOfHeld(
    [checked(service, image, { verdict: 'current' })],
    never,
  );
  expect(current?.verdict).toEqual({
    verdict: 'unknown',
    reason: 'rate-limited',
    detail: 'asks for fewer requests',
  });
  const [obsolete] = await chosen.insteadOfHeld([checked(service, image, OBSOLETE)], never);
  expect(obsolete?.verdict).toEqual(OBSOLETE);
});

it('chooses once for services of the same tag, out of as many tags as there may be', async () => {
  const tags = Array.from({ length: 100_000 }, (_, n) => `v1.${n}.0`);
  const services = Array.from({ length: 200 }, (_, n) =>
    follower('semver:1.x', 'v1.3.0', { id: `service-${n}` }),
  );
  const { listTags } = repository(...tags);
  const { targets } = await choose(services, listTags);
  expect(new Set([...targets.values()].map(({ tag }) => tag))).toEqual(new Set(['v1.99999.0']));
});
