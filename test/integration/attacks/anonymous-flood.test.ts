import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryOf } from '../../../bench/support/process-cost.ts';
import { shippedNodeOptions } from '../../../bench/support/shipped-node-options.ts';
import { type AttackName, ATTACKS } from '../../support/flood/attacks.ts';
import { measureFlood } from '../../support/flood/measure-flood.ts';
import { type RunningHelper, startHelper } from '../../support/program/start-helper.ts';

/** What somebody without a secret may cost: `docs/guide/security.md` promises it. */
const MOST_MB = 64;
const ANSWERED_WITHIN_MS = 1_000;
const ATTACKED_FOR_MS = 1_500;
const WARM_UP_HOOKS = 50;
const START_WITHIN_MS = 120_000;

let folder: string;
let helper: RunningHelper;
let idle: number;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'flood-'));
  const env = { NODE_OPTIONS: shippedNodeOptions().join(' ') };
  helper = await startHelper({ store: join(folder, 'store.db'), env });
  for (let count = 0; count < WARM_UP_HOOKS; count += 1) {
    await helper.postHook({ image: 'acme/app:v1' });
  }
  ({ now: idle } = await memoryOf(helper.pid));
}, START_WITHIN_MS);
afterEach(async () => {
  // A stop waits for those who read nothing.
  await helper.kill();
  rmSync(folder, { recursive: true, force: true });
}, START_WITHIN_MS);

describe('without a secret', () => {
  it.each(Object.keys(ATTACKS) as AttackName[])(
    '%s costs little, and keeps no webhook waiting',
    async (name) => {
      const target = {
        pid: helper.pid,
        port: Number(new URL(helper.url).port),
        hookPath: new URL(helper.hookUrl).pathname,
      };
      const cost = await measureFlood(name, target, ATTACKED_FOR_MS);
      expect(cost.refused).toBe(0);
      expect(cost.highestMemory - idle).toBeLessThan(MOST_MB);
      // Its own time, because the machine may be busy with others.
      expect(cost.slowestCpu).toBeLessThan(ANSWERED_WITHIN_MS);
    },
    120_000,
  );
});
