import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { NoRealEngine } from '../../../sandbox/machine/packages.ts';
import { type Postgres, startPostgres } from '../../../sandbox/postgres/postgres.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import { seeded } from '../../chaos/seeded.ts';
import {
  type GateInstances,
  openGateInstances,
} from '../../support/gates-killed/open-instances.ts';

/** Each kill of the holder costs a take-over, some 20 s. */
const KILLS = Number(process.env['CD_HELPER_GATE_KILLS'] ?? 2);
const SEED = Number(process.env['CD_HELPER_GATE_SEED'] ?? 1);
const INSTANCES = 3;
const AGE_S = 8;
/** The holder is killed so long before the first is due, or after it. */
const AROUND_MS = 1_000;

let postgres: Postgres;
beforeAll(async () => {
  try {
    postgres = await startPostgres();
  } catch (error) {
    if (!(error instanceof NoRealEngine) || process.env['CI'] !== undefined) throw error;
  }
});
afterAll(() => postgres?.stop());

/** What must have become of a service: this digest, once, and not before that by the store's clock; null: any time. */
type Expected = { readonly digest: Digest; readonly opensAt: number | null };

/** Services that come due while their holder is killed, and one that gets its last vote in that moment. */
const killHolder = async (
  instances: GateInstances,
  round: number,
  random: () => number,
): Promise<ReadonlyMap<string, Expected>> => {
  const anyOf = (): number => Math.floor(random() * INSTANCES);
  const voted = `vote-${round}`;
  const aged = [`age-${round}-a`, `age-${round}-b`, `age-${round}-c`];
  const digests = new Map<string, Digest>();
  for (const name of [voted, ...aged]) {
    const labels = name === voted ? {} : { 'cd-helper.min-age': `${AGE_S}s` };
    instances.addService(name, labels);
    digests.set(name, await instances.push(anyOf(), name, 'a'));
  }
  const opens = new Map<string, number>();
  await instances.until('all of them wait', async () => {
    // One that was seen to wait may be due before another is known.
    for (const [name, { gates }] of await instances.waiting(anyOf())) {
      opens.set(name, Date.parse(gates[0]?.until ?? ''));
    }
    return [...digests.keys()].every((name) => opens.has(name)) || null;
  });
  const opensAt = (name: string): number => opens.get(name) ?? Number.NaN;
  expect(await instances.approve(anyOf(), voted, 'ana')).toBe(200);
  const holder = await instances.holder();
  const due = Math.min(...aged.map(opensAt));
  await delay(Math.max(0, due - Date.now() + (2 * random() - 1) * AROUND_MS));
  expect(instances.updates(voted)).toEqual([]);
  const [status] = await Promise.all([
    instances.approve((holder + 1) % INSTANCES, voted, 'ben'),
    instances.kill(holder),
  ]);
  expect(status).toBe(200);
  return new Map(
    [...digests].map(([name, digest]) => [
      name,
      { digest, opensAt: name === voted ? null : opensAt(name) },
    ]),
  );
};

test('what comes due while the instance that works is killed is deployed by another: once, and not early', {
  timeout: 120_000 + KILLS * 60_000,
}, async () => {
  const { url } = await postgres.createDatabase();
  const instances = await openGateInstances(url, INSTANCES);
  onTestFinished(instances.close);
  const random = seeded(SEED);
  const expected = new Map<string, Expected>();
  for (let round = 1; round <= KILLS; round += 1) {
    for (const [name, one] of await killHolder(instances, round, random)) expected.set(name, one);
  }
  for (const [name, { digest, opensAt }] of expected) {
    const all = await instances.until(`${name} was deployed`, async () => {
      const found = await instances.deployments(name);
      return found.some(({ state }) => state === 'succeeded') ? found : null;
    });
    expect([name, ...all.map(({ to, state }) => [to, state])]).toEqual([
      name,
      [digest, 'succeeded'],
    ]);
    if (opensAt !== null) {
      expect(Date.parse(all[0]?.startedAt ?? '')).toBeGreaterThanOrEqual(opensAt);
    }
    expect([name, ...instances.updates(name)]).toEqual([name, digest]);
  }
  expect([...(await instances.waiting(0)).keys()]).toEqual([]);
  process.stderr.write(`gates of ${INSTANCES} instances: ${KILLS} kills, seed ${SEED}\n`);
});
