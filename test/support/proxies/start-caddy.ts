import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../sandbox/machine/network.ts';
import { readPage } from '../project/read-docs.ts';
import { inPlaceOf, type RunningProxy, startProxy } from './start-proxy.ts';
import { createTestAuthority } from '../http/test-authority.ts';

/**
 * Debian's Caddy with the Caddyfile of the guide, in front of the helper that listens on `port`. Its certificate comes
 * from a test authority, whose PEM is `ca`, because no public authority is reachable here.
 */
export const startCaddy = async (port: number): Promise<RunningProxy & { readonly ca: string }> => {
  const folder = mkdtempSync(join(tmpdir(), 'caddy-'));
  const own = await freePort();
  const { ca, issue } = createTestAuthority();
  const { cert, key } = issue(['127.0.0.1']);
  writeFileSync(join(folder, 'cert.pem'), cert);
  writeFileSync(join(folder, 'key.pem'), key, { mode: 0o600 });
  const { blocks } = readPage('docs/recipes/proxies.md');
  const recipe = blocks.find(({ kind }) => kind.includes('Caddyfile'))?.text ?? '';
  const site = inPlaceOf(recipe, {
    'cd.example.org {': `https://127.0.0.1:${own} {\ntls ${folder}/cert.pem ${folder}/key.pem`,
    'cd-helper:8080': `127.0.0.1:${port}`,
  });
  const file = join(folder, 'Caddyfile');
  writeFileSync(file, `{\nadmin off\nauto_https disable_redirects\n}\n${site}\n`);
  const proxy = await startProxy({
    command: ['/usr/bin/caddy', 'run', '--config', file, '--adapter', 'caddyfile'],
    folder,
    port: own,
    env: { HOME: folder },
  });
  return { ...proxy, ca };
};
