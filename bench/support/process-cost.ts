import { readdir, readFile } from 'node:fs/promises';

const NS_PER_MS = 1_000_000;
const KIB_PER_MB = 1024;

/** Processor time of all threads of a process so far, in ms, as the scheduler counted it. */
export const cpuMsOf = async (pid: number): Promise<number> => {
  const threads = await readdir(`/proc/${pid}/task`);
  const times = await Promise.all(
    threads.map(async (thread) => {
      // A thread may end between the two readings. Its share is small.
      const text = await readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '0');
      return Number(text.split(' ')[0]);
    }),
  );
  return times.reduce((sum, ns) => sum + ns, 0) / NS_PER_MS;
};

/** Resident memory of a process in MB, current and peak. */
export const memoryOf = async (pid: number): Promise<{ now: number; highest: number }> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / KIB_PER_MB;
  return { now: field('VmRSS'), highest: field('VmHWM') };
};
