import { expect, test } from 'vitest';
import { loadConfig } from './load-config.ts';

const TOKENS = `
clusters: [{ name: qa, type: engine, url: unix:///a }, { name: production, type: engine, url: unix:///b }]
api:
  tokens:
    - { name: ana, role: approver, value: aaaaaaaaaaaaaaaaaaaaaaaaaaaa }
    - { name: ben, role: operator, value: bbbbbbbbbbbbbbbbbbbbbbbbbbbb, clusters: [qa] }
    - { name: eva, role: viewer, value: cccccccccccccccccccccccccccc }
`;

const load = (policies: string) =>
  loadConfig({
    argvConfig: 'c.yaml',
    env: {},
    senders: [],
    readFile: (path) => {
      if (path === 'c.yaml') return `${TOKENS}policies:\n${policies}`;
      throw Object.assign(new Error('no'), { code: 'ENOENT' });
    },
  });

const problems = (policies: string): readonly string[] => {
  const loaded = load(policies);
  return loaded.ok
    ? []
    : loaded.problems.map(({ key, found, expected }) => `${key}: ${found} | ${expected}`);
};

test('a policy with everything', () => {
  const loaded = load(`
  - name: production
    match: { clusters: [qa], stacks: ['shop*'], services: ['shop_*'], images: ['acme/*'] }
    minAge: 72h
    windows: ['mon-thu 09:00-16:00 Europe/Madrid']
    approval: { votes: 2, by: [approver, operator], deadline: 24h, opensMinAge: false }
`);
  expect(loaded.ok ? loaded.config.policies : loaded.problems).toEqual([
    {
      source: 'production',
      match: {
        clusters: ['qa'],
        stacks: ['shop*'],
        services: ['shop_*'],
        images: ['docker.io/acme/*'],
      },
      minAgeMs: 72 * 3_600_000,
      windows: [
        {
          text: 'mon-thu 09:00-16:00 Europe/Madrid',
          days: [1, 2, 3, 4],
          from: 540,
          to: 960,
          zone: 'Europe/Madrid',
        },
      ],
      approval: {
        votes: 2,
        by: ['approver', 'operator'],
        deadlineMs: 24 * 3_600_000,
        opensMinAge: false,
      },
    },
  ]);
});

test('what is left out means everything, or nothing', () => {
  const loaded = load('  - { name: all, minAge: 1h }');
  expect(loaded.ok ? loaded.config.policies : loaded.problems).toEqual([
    {
      source: 'all',
      match: { clusters: null, stacks: null, services: null, images: null },
      minAgeMs: 3_600_000,
      windows: null,
      approval: null,
    },
  ]);
});

test.each([
  ['- { name: a }', 'policies[0]', 'a policy without a gate does nothing'],
  ['- { name: label, minAge: 1h }', 'policies[0].name', 'another name than label'],
  ['- { name: a, minAge: 3 }', 'policies[0].minAge', 'a duration'],
  ['- { name: a, windows: [mon 09:00-16:00] }', 'policies[0].windows[0]', 'has no time zone'],
  [
    '- { name: a, windows: [daily 09:00-16:00 Mars/One] }',
    'policies[0].windows[0]',
    'is not a known time zone',
  ],
  ['- { name: a, windows: [] }', 'policies[0].windows', 'at least one window'],
  ['- { name: a, approval: { votes: 0 } }', 'policies[0].approval.votes', 'from 1 to 20'],
  [
    '- { name: a, approval: { by: [viewer] } }',
    'policies[0].approval.by[0]',
    'approver or operator',
  ],
  [
    '- { name: a, approval: { votes: 2 } }',
    'policies[0].approval.votes',
    'can give 1 on cluster production',
  ],
  [
    '- { name: a, approval: { votes: 1, by: [operator] } }',
    'policies[0].approval.votes',
    'can give 0 on cluster production',
  ],
  [
    '- { name: a, match: { clusters: [prod] }, minAge: 1h }',
    'policies[0].match.clusters[0]',
    'which is no configured cluster',
  ],
  [
    '- { name: a, match: { image: [x] }, minAge: 1h }',
    'policies[0].match.image',
    'clusters, stacks, services, images',
  ],
  ['- { name: a, minAge: 1h }\n  - { name: a, minAge: 2h }', 'policies[1].name', 'has too'],
])('%s is a mistake', (policy, key, words) => {
  const found = problems(`  ${policy}`);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(key);
  expect(found[0]).toContain(words);
});

test.each([
  '- { name: a, match: { clusters: [qa] }, approval: { votes: 2 } }',
  '- { name: a, approval: { votes: 1, by: [approver] } }',
  "- { name: a, match: { clusters: ['q*'] }, approval: { votes: 2 } }",
])('%s can be reached', (policy) => {
  expect(problems(`  ${policy}`)).toEqual([]);
});
