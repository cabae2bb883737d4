import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import type { ServiceView } from '../../../src/core/contract/views.ts';
import { endedDeployments } from '../../support/stage/open-stage.ts';
import { deploySettled } from '../../support/stage/settled-service.ts';
import { useStage } from '../../support/stage/use-stage.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SKEW = fileURLToPath(new URL('../../support/program/skew-clock.ts', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'gates-hours-'));
const clockFile = join(folder, 'clock');
let aheadMs = 0;
writeFileSync(clockFile, '0');
const stage = useStage({
  env: { NODE_OPTIONS: `--import=${SKEW}`, TEST_CLOCK_FILE: clockFile },
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Kills the helper, and starts it where its clock shows so much more. */
const skip = async (ms: number): Promise<void> => {
  await stage.helper.kill();
  aheadMs += ms;
  writeFileSync(clockFile, String(aheadMs));
  await stage.restart();
};

/** Of two hours, so much later than now. */
const windowIn = (ms: number): string => {
  const text = (at: number): string => new Date(at).toISOString().slice(11, 16);
  const opens = Date.now() + ms;
  return `daily ${text(opens)}-${text(opens + 2 * HOUR)} UTC`;
};

const image = (name: string): string => stage.sandbox.image(`hours/${name}`, 'v1');
const publish = async (name: string, version: string): Promise<Digest> =>
  (await stage.sandbox.pushImage(`hours/${name}`, 'v1', good(`${name} ${version}`))).digest;
const deploy = async (name: string, label: string, value: string): Promise<Digest> => {
  const digest = await publish(name, 'start');
  await deploySettled(stage.services, {
    name,
    image: `${image(name)}@${digest}`,
    labels: { [label]: value },
    monitorMs: 1_000,
  });
  return digest;
};
const push = async (name: string, version: string): Promise<Digest> => {
  const digest = await publish(name, version);
  expect((await stage.helper.postHook({ image: image(name), digest })).status).toBe(202);
  return digest;
};
const untilWaiting = (name: string, published: Digest): Promise<ServiceView> =>
  waitUntil(
    async () => {
      const one = await stage.helper.get<ServiceView>(`/clusters/default/services/${name}`);
      if (one.verdict === 'waiting' && one.published === published) return one;
      throw new Error(JSON.stringify(one));
    },
    { what: `${name} waits`, withinMs: 60_000, everyMs: 100 },
  );

test('hours pass: an age lets each image through in its turn, a window the newest of those that wait', async () => {
  const start = await deploy('aged', 'cd-helper.min-age', '3h');
  await deploy('timed', 'cd-helper.window', windowIn(4 * HOUR));
  const a = await push('aged', 'a');
  await push('timed', 'a');
  const opensAt = Date.parse((await untilWaiting('aged', a)).gates[0]?.until ?? '');

  await skip(2 * HOUR);
  const b = await push('aged', 'b');
  const newest = await push('timed', 'b');
  await untilWaiting('aged', b);
  await untilWaiting('timed', newest);
  expect(await stage.helper.deployments()).toEqual([]);

  await skip(HOUR + MINUTE);
  const [first] = await endedDeployments(stage.helper, 'aged');
  expect(first).toMatchObject({ from: start, to: a, state: 'succeeded' });
  expect(Date.parse(first?.startedAt ?? '')).toBeGreaterThanOrEqual(opensAt);
  // The tag shows the newer image all the while.
  expect(await untilWaiting('aged', b)).toMatchObject({ running: a });
  expect(await stage.helper.deployments('?service=timed')).toEqual([]);

  await skip(2 * HOUR);
  const [, second] = await endedDeployments(stage.helper, 'aged', 2);
  expect(second).toMatchObject({ from: a, to: b, state: 'succeeded' });
  const timed = await endedDeployments(stage.helper, 'timed');
  expect(timed.map(({ to, state }) => [to, state])).toEqual([[newest, 'succeeded']]);
  expect(new Set(await stage.services.runningDigests('aged'))).toEqual(new Set([b]));
  expect(new Set(await stage.services.runningDigests('timed'))).toEqual(new Set([newest]));
});
