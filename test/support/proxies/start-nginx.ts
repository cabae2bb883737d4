import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../sandbox/machine/network.ts';
import { readPage } from '../project/read-docs.ts';
import { inPlaceOf, type RunningProxy, startProxy } from './start-proxy.ts';
import { createTestAuthority } from '../http/test-authority.ts';

/** Debian's nginx with TLS, as in the guide, in front of the helper that listens on `port`. */
export const startNginx = async (port: number): Promise<RunningProxy> => {
  const folder = mkdtempSync(join(tmpdir(), 'nginx-'));
  const own = await freePort();
  const { cert, key } = createTestAuthority().issue(['127.0.0.1']);
  writeFileSync(join(folder, 'cert.pem'), cert);
  writeFileSync(join(folder, 'key.pem'), key, { mode: 0o600 });
  const { blocks } = readPage('docs/guide/reverse-proxy.md');
  const recipe = blocks.find(({ language }) => language === 'nginx')?.text ?? '';
  const server = inPlaceOf(recipe, {
    '127.0.0.1:8080': `127.0.0.1:${port}`,
    'listen 443': `listen 127.0.0.1:${own}`,
    '/etc/ssl/cd.example.crt': join(folder, 'cert.pem'),
    '/etc/ssl/cd.example.key': join(folder, 'key.pem'),
  });
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const temporary = places.map((place) => `${place}_temp_path ${folder}/${place};`).join('\n');
  const top = 'daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log errors.log;\nevents {}';
  const config = `${top}\nhttp {\naccess_log off;\n${temporary}\n${server}\n}\n`;
  writeFileSync(join(folder, 'nginx.conf'), config);
  return startProxy({
    command: ['/usr/sbin/nginx', '-p', folder, '-c', join(folder, 'nginx.conf')],
    folder,
    port: own,
  });
};
