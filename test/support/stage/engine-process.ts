import { readdirSync, readFileSync } from 'node:fs';

/** The process of the engine itself, not the one that holds its namespaces. */
export const pidOfEngine = (socket: string): number => {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      const isEngine = readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'dockerd';
      if (isEngine && command.includes(`--host=unix://${socket}`)) return Number(pid);
    } catch {
      // The process ended while it was being read.
    }
  }
  throw new Error(`no engine listens on ${socket}`);
};
