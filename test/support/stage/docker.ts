import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { EngineAddresses } from '../../../sandbox/engine/start-engine.ts';

const WITHIN_MS = 300_000;

export type CommandOptions = {
  readonly folder?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: Readable;
};

/** Runs a command to its end and returns its output. Throws with all of that if it fails. */
export const run = async (
  command: string,
  args: readonly string[],
  { folder, env = {}, stdin }: CommandOptions = {},
): Promise<string> => {
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    timeout: WITHIN_MS,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  // If the command ends early, its exit code says why. Ignore the broken pipe.
  if (stdin !== undefined && child.stdin !== null) pipeline(stdin, child.stdin).catch(() => {});
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${code}\n${output}`);
  return output;
};

/** Runs the docker command of an engine's version against it. Without BuildKit, because Debian does not have it. */
export const dockerFor =
  (engine: EngineAddresses) =>
  (args: readonly string[], options: CommandOptions = {}): Promise<string> =>
    run('docker', ['--config', `${engine.folder}/docker-config`, '--host', engine.url, ...args], {
      ...options,
      env: { PATH: engine.path, DOCKER_BUILDKIT: '0', ...options.env },
    });
