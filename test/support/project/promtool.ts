import { execFile, spawn } from 'node:child_process';
import { existsSync, globSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const WITHIN_MS = 300_000;
const FOLDER = resolve('.cache/promtool');
const PLACES = ['/usr/bin/promtool', '/usr/local/bin/promtool', join(FOLDER, 'usr/bin/promtool')];

const present = (): string | undefined => PLACES.find((place) => existsSync(place));

/** Debian's prometheus package, unpacked but not installed: no service is started and no user is created. */
const unpack = async (): Promise<void> => {
  mkdirSync(FOLDER, { recursive: true });
  const options = { cwd: FOLDER, timeout: WITHIN_MS };
  await execute('apt-get', ['-q', 'download', 'prometheus'], options).catch(async () => {
    await execute('apt-get', ['-q', '-oDPkg::Lock::Timeout=300', 'update'], options);
    await execute('apt-get', ['-q', 'download', 'prometheus'], options);
  });
  const [file] = globSync('prometheus_*.deb', { cwd: FOLDER });
  if (file === undefined) throw new Error('apt-get brought no prometheus');
  await execute('dpkg-deb', ['-x', file, '.'], options);
};

/** Runs Prometheus' own checks. Returns their output, or throws with it if they find errors. */
export const promtool = async (args: readonly string[], input = ''): Promise<string> => {
  if (present() === undefined) await unpack();
  const child = spawn(present() ?? 'promtool', args, { timeout: WITHIN_MS });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  child.stdin.end(input);
  const code = await new Promise<number | null>((done, failed) => {
    child.once('error', failed);
    child.once('close', done);
  });
  if (code !== 0) throw new Error(`promtool ${args.join(' ')}: ${code}\n${output}`);
  return output;
};
