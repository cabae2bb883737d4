// The image's health check: asks the helper that runs beside it whether it is alive, and ends with 0
// where it is. Says what it found, which `docker inspect` shows.
import { readFileSync } from 'node:fs';
import { get } from 'node:http';

const WITHIN_MS = 4_000;
/** Listening on every address includes this one. */
const EVERYWHERE = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);

const { env } = process;
/** The helper's process: the image's first one, or the one that is given. */
const [pid = '1'] = process.argv.slice(2);

/** The file that the helper's arguments name, `serve --config FILE`; of several the last. */
const findFile = () => {
  let line;
  try {
    line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // Without permission to see it, only the variables are known.
    return undefined;
  }
  const [, ...files] = line.split(/\0--config[=\0]/);
  return files.at(-1)?.split('\0', 1)[0];
};

/** Where the helper listens: read as the helper reads it, which takes time only where a file says so. */
const findAddress = async () => {
  const argvConfig = findFile();
  const isUntold = ['CD_HELPER_CONFIG', 'CD_HELPER_LISTEN', 'CD_HELPER_LISTEN_FILE'].every(
    (name) => (env[name] ?? '') === '',
  );
  if (argvConfig === undefined && isUntold) return { host: '0.0.0.0', port: 8080 };
  const { loadConfig } = await import('./dist/load-config.js');
  const loaded = loadConfig({ argvConfig, env, readFile: (path) => readFileSync(path, 'utf8') });
  if (!loaded.ok) throw new Error('the configuration is not valid: see cd-helper check-config');
  return loaded.config.listen;
};

const ask = ({ host, port }) =>
  new Promise((resolve, reject) => {
    // It stands at the root whatever the base path is.
    const url = { host: EVERYWHERE.get(host) ?? host, port, path: '/healthz' };
    const request = get({ ...url, signal: AbortSignal.timeout(WITHIN_MS) }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    request.once('error', reject);
  });

try {
  const status = await ask(await findAddress());
  process.stdout.write(`healthz: ${status}\n`);
  process.exitCode = status === 200 ? 0 : 1;
} catch (error) {
  process.stdout.write(`healthz: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
