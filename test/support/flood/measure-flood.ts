import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cpuMsOf, memoryOf } from '../../../bench/support/process-cost.ts';
import { quantile } from '../../../bench/support/quantile.ts';
import { type RawAnswer, sendRaw } from '../proxies/raw-http.ts';
import type { AttackName } from './attacks.ts';

const PROGRAM = fileURLToPath(new URL('attack-program.ts', import.meta.url));
const BETWEEN_HOOKS_MS = 50;
const FORGET_HIGHEST = '5';

/** The cost of an attack for a helper. Memory in MB, times in ms. */
export type FloodCost = {
  readonly memoryBefore: number;
  readonly highestMemory: number;
  readonly hooks: number;
  readonly refused: number;
  readonly slowest: number;
  readonly median: number;
  /** Processor time of the helper from the first byte of the slowest webhook to its answer. */
  readonly slowestCpu: number;
};

type Target = { readonly pid: number; readonly port: number; readonly hookPath: string };

const BODY = '{"image":"acme/app:v1"}';

const postHook = async ({ port, hookPath }: Target): Promise<RawAnswer> =>
  sendRaw(
    port,
    `POST ${hookPath} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
  );

/**
 * Attacks a helper for `forMs` from a separate process, and meanwhile posts valid webhooks, each on a new connection.
 */
export const measureFlood = async (
  name: AttackName,
  target: Target,
  forMs: number,
): Promise<FloodCost> => {
  const { now: memoryBefore } = await memoryOf(target.pid);
  writeFileSync(`/proc/${target.pid}/clear_refs`, FORGET_HIGHEST);
  const attacker = fork(PROGRAM, [name, String(target.port)]);
  const latencies: number[] = [];
  let slowestCpu = 0;
  let refused = 0;
  try {
    await once(attacker, 'message');
    const until = performance.now() + forMs;
    while (performance.now() < until) {
      const cpuBefore = await cpuMsOf(target.pid);
      const began = performance.now();
      const answer = await postHook(target).catch(() => null);
      latencies.push(performance.now() - began);
      slowestCpu = Math.max(slowestCpu, (await cpuMsOf(target.pid)) - cpuBefore);
      if (answer?.status !== 202) refused += 1;
      await pause(BETWEEN_HOOKS_MS);
    }
  } finally {
    attacker.kill('SIGKILL');
    if (attacker.exitCode === null && attacker.signalCode === null) await once(attacker, 'exit');
  }
  const { highest } = await memoryOf(target.pid);
  return {
    memoryBefore,
    highestMemory: highest,
    hooks: latencies.length,
    refused,
    slowest: Math.max(...latencies),
    median: quantile(latencies, 0.5),
    slowestCpu,
  };
};
