import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineAddresses } from './start-engine.ts';

const argumentsOf = async (pid: string): Promise<readonly string[]> => {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
  } catch {
    // The process ended after it was listed.
    return [];
  }
};

/**
 * The id of a sandbox engine's process in this machine's own numbering, whoever started the sandbox. Throws if the
 * engine does not run. After a SIGKILL, the engine starts again on the same data with another id.
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

/**
 * Ends the engine as a crash of its host would: with everything that runs in it, and without a restart. `pid` is the
 * engine's process.
 */
export const killHostOf = async (pid: number): Promise<void> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const inside = /^NSpid:.*\s(\d+)$/m.exec(status)?.[1];
  const parent = Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1] ?? 0);
  // When the first process of a namespace ends, the kernel kills all others in it.
  if (inside === '1') process.kill(pid, 'SIGKILL');
  else if (parent > 1) await killHostOf(parent);
  else throw new Error('the engine runs in no namespace of its own');
};
