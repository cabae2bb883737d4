import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild, stopChild, SYSTEM_PATH } from '../../sandbox/machine/child.ts';
import { canConnect, freePort } from '../../sandbox/machine/network.ts';
import { HopelessError, waitUntil } from '../../sandbox/machine/wait-until.ts';
import { createTestAuthority } from './test-authority.ts';
import { readPage } from './read-docs.ts';

const UP_WITHIN_MS = 15_000;
const STOP_WITHIN_MS = 5_000;

export type RunningNginx = {
  /** `https://127.0.0.1:PORT`, whose certificate was made on the spot. */
  readonly origin: string;
  readonly stop: () => Promise<void>;
};

/** The recipe of the guide, with this in place of what it names. */
const recipe = (changes: Readonly<Record<string, string>>): string => {
  const blocks = readPage('docs/guide/reverse-proxy.md').blocks;
  let text = blocks.find(({ language }) => language === 'nginx')?.text ?? '';
  for (const [documented, used] of Object.entries(changes)) {
    if (!text.includes(documented)) throw new Error(`the recipe has no ${documented}`);
    text = text.replaceAll(documented, used);
  }
  return text;
};

/** Debian's nginx with TLS, as the guide describes it, before the helper that listens at `port`. */
export const startNginx = async (port: number): Promise<RunningNginx> => {
  const folder = mkdtempSync(join(tmpdir(), 'nginx-'));
  const own = await freePort();
  const { cert, key } = createTestAuthority().issue(['127.0.0.1']);
  writeFileSync(join(folder, 'cert.pem'), cert);
  writeFileSync(join(folder, 'key.pem'), key, { mode: 0o600 });
  const server = recipe({
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
  const child = await startChild({
    command: ['/usr/sbin/nginx', '-p', folder, '-c', join(folder, 'nginx.conf')],
    stdout: join(folder, 'errors.log'),
    stderr: join(folder, 'errors.log'),
    env: { PATH: SYSTEM_PATH },
  });
  const stop = async (): Promise<void> => {
    await stopChild(child, STOP_WITHIN_MS);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await waitUntil(
      async () => {
        if (child.hasEnded()) throw new HopelessError(readFileSync(`${folder}/errors.log`, 'utf8'));
        return (await canConnect('127.0.0.1', own)) ? true : null;
      },
      { what: 'nginx listens', withinMs: UP_WITHIN_MS },
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { origin: `https://127.0.0.1:${own}`, stop };
};
