import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findLeaks, readStore, secretsGiven } from '../../support/program/find-leaks.ts';

const SECRET = 'open "sesame"/+?';

it.each([
  ['as it is', SECRET],
  ['in an address', `/hooks/${encodeURIComponent(SECRET)}`],
  ['in JSON', JSON.stringify({ a: SECRET })],
  ['in Base64', Buffer.from(SECRET).toString('base64')],
])('finds a secret %s, and does not tell it', (_, text) => {
  const leaks = findLeaks(['another secret', SECRET], { log: `before ${text} after`, store: '' });
  expect(leaks.length).toBeGreaterThan(0);
  expect(leaks.join()).toMatch(/^log: before .*<a secret>/);
  expect(leaks.join()).not.toContain(SECRET);
});

it('finds none where there is none', () => {
  expect(findLeaks([SECRET], { log: 'open sesame' })).toEqual([]);
});

it('knows the secrets of variables and of the file that they name, and reads a store with its log', () => {
  const folder = mkdtempSync(join(tmpdir(), 'find-leaks-'));
  try {
    const config = join(folder, 'store.db.yml');
    const tokens = '[ { name: a, role: viewer, value: token-in-the-file-0123456789 } ]';
    writeFileSync(config, `api: { tokens: ${tokens} }\n`);
    const given = secretsGiven({
      CD_HELPER_CONFIG: config,
      CD_HELPER_HOOK_SECRET: 'one-secret-0123456789,another-secret-0123456789',
    });
    expect(given.apiTokens).toEqual(['token-in-the-file-0123456789']);
    expect(given.all.toSorted()).toEqual([
      'another-secret-0123456789',
      'one-secret-0123456789',
      'token-in-the-file-0123456789',
    ]);
    writeFileSync(join(folder, 'store.db'), 'a');
    writeFileSync(join(folder, 'store.db-wal'), 'b');
    expect(readStore(join(folder, 'store.db'))).toBe('a\nb');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
