import { expect, test } from 'vitest';
import { loadConfig } from './load-config.ts';

const load = (approve: string, more = 'publicUrl: https://cd.example/cd/') =>
  loadConfig({
    argvConfig: 'c.yaml',
    env: {},
    senders: [],
    readFile: (path) => {
      if (path !== 'c.yaml') throw Object.assign(new Error('no'), { code: 'ENOENT' });
      return `
${more}
clusters: [{ name: qa, type: engine, url: unix:///a }]
notifications: [{ name: ops, type: slack, url: https://chat.example/x, approve: ${approve} }]
`;
    },
  });

test.each([
  ['true', { forMs: null }],
  ['1h', { forMs: 3_600_000 }],
  ['15m', { forMs: 900_000 }],
  ['false', null],
])('approve: %s', (approve, expected) => {
  const loaded = load(approve);
  expect(loaded.ok && loaded.config.notifications[0]?.approve).toEqual(expected);
});

test.each([
  ['14m', 'publicUrl: https://cd.example', 'approve'],
  ['soon', 'publicUrl: https://cd.example', 'approve'],
  ['true', '', 'approve'],
  ['1h', '', 'approve'],
])('approve: %s with %j is a mistake', (approve, more, key) => {
  const loaded = load(approve, more);
  expect(loaded.ok ? [] : loaded.problems.map((one) => one.key)).toEqual([
    `notifications[0].${key}`,
  ]);
});

test('without a public address nothing is wrong where no channel has links', () => {
  expect(load('false', '').ok).toBe(true);
});
