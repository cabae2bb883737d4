import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineAddresses } from './start-engine.ts';

const argumentsOf = async (pid: string): Promise<readonly string[]> => {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
  } catch {
    // It has ended since it was listed.
    return [];
  }
};

/**
 * The id of a sandbox engine's process as this machine counts, whoever started the sandbox; throws
 * where it does not run. One that is ended with SIGKILL comes again on the same data, with another id.
 */
export const engineProcess = async ({
  folder,
}: Pick<EngineAddresses, 'folder'>): Promise<number> => {
  const dataRoot = `--data-root=${join(folder, 'data')}`;
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const [command, ...rest] = await argumentsOf(name);
    if (command === 'dockerd' && rest.includes(dataRoot)) return Number(name);
  }
  throw new Error(`no engine runs in ${folder}`);
};
