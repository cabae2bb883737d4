import { expect, test } from 'vitest';
import { loadConfig } from './load-config.ts';
import { secretsOf } from './secrets-of.ts';

test('every secret of a configuration is found, once', () => {
  const loaded = loadConfig({
    argvConfig: 'c.yaml',
    env: { CD_HELPER_HOOK_SECRET: 'hook-secret-0123456789' },
    readFile: () => `
clusters: [ { name: a, type: swarmpit, url: "http://s", token: swarmpit-token } ]
registries: [ { host: a.local, username: u, password: pass }, { host: b.local, username: u, password: pass } ]
api: { tokens: [ { name: a, role: viewer, value: api-token-0123456789 } ] }
notifications: [ { name: n, type: slack, url: "https://chat.local/x" } ]
`,
  });
  expect(loaded.ok && secretsOf(loaded.config).toSorted()).toEqual([
    'api-token-0123456789',
    'hook-secret-0123456789',
    'https://chat.local/x',
    'pass',
    'swarmpit-token',
  ]);
});
