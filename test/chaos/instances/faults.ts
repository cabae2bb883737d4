import { setTimeout as delay } from 'node:timers/promises';
import type { EngineProxy } from '../engine-proxy.ts';
import type { Member } from './trio.ts';

/** What happens to the working helper. */
export const FAULTS = ['kill', 'stop', 'pause', 'cut'] as const;
export type Fault = (typeof FAULTS)[number];

/** Longer than a lease lives. */
const PAUSE_MS = 40_000;
const CUT_MS = 25_000;
const STAYS_DEAD_MS = 20_000;

/** Resolves at a random time during the stream, or exactly before or after one of the next updates. */
export const momentOf = async (
  random: () => number,
  proxy: EngineProxy | undefined,
): Promise<void> => {
  const kind = random();
  if (kind < 0.4 || proxy === undefined) {
    await delay(1_000 + random() * 4_000);
    return;
  }
  const moment = kind < 0.7 ? 'before' : 'after';
  const wanted = 1 + Math.floor(random() * 4);
  let seen = 0;
  await new Promise<void>((resolve) => {
    proxy.setOnUpdate(async (now) => {
      if (now !== moment) return 'pass';
      seen += 1;
      if (seen < wanted) return 'pass';
      proxy.setOnUpdate(async () => 'pass');
      resolve();
      // Let the fault happen first.
      await new Promise((next) => void setImmediate(next));
      return 'pass';
    });
  });
};

/** Resolves when the helper works again. */
export const inflict = async (
  fault: Fault,
  { helper, cable, start }: Member,
  random: () => number,
  say: (text: string) => void,
): Promise<void> => {
  if (fault === 'kill') {
    await helper().kill();
    await delay(random() * STAYS_DEAD_MS);
    await start();
    say('it starts again');
  } else if (fault === 'stop') {
    // `stop` reads the metrics first, which takes a while. `kill` then only searches what it wrote for secrets.
    process.kill(helper().pid, 'SIGTERM');
    await helper().gone;
    await helper().kill();
    await start();
    say('it starts again');
  } else if (fault === 'pause') {
    process.kill(helper().pid, 'SIGSTOP');
    await delay(PAUSE_MS);
    process.kill(helper().pid, 'SIGCONT');
    say('it wakes up');
  } else {
    await cable.cut();
    await delay(CUT_MS);
    await cable.mend();
    say('it has its database again');
  }
};
