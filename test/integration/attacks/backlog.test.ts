import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { type FakeEngine, startFakeEngine } from '../../support/fake-engine/fake-engine.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/fake-registry/fake-registry.ts';
import { type RunningHelper, startHelper } from '../../support/program/start-helper.ts';

const GOOD = 'the-secret-of-a-good-sender-0123456789';
const CARELESS = 'the-secret-of-a-careless-one-0123456789';
const WEBHOOKS = 103;
const IMAGES = 100;
const START_WITHIN_MS = 120_000;
const WITHIN_MS = 60_000;

let folder: string;
let engine: FakeEngine;
let registry: FakeRegistry;
let helper: RunningHelper;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'backlog-'));
  engine = await startFakeEngine({ pace: 'real', speed: 20 });
  registry = await startFakeRegistry();
  const first = registry.setTag('acme/web', 'v1', 'one');
  engine.addService({ name: 'web', image: `${registry.host}/acme/web:v1@${first}`, replicas: 1 });
  helper = await startHelper({
    store: join(folder, 'store.db'),
    config: {
      clusters: [{ name: 'production', type: 'engine', url: engine.url }],
      registries: [{ host: registry.host, insecure: true }],
      hooks: {
        secrets: [
          { name: 'good', value: GOOD },
          { name: 'careless', value: CARELESS },
        ],
      },
    },
  });
}, START_WITHIN_MS);
afterEach(async () => {
  await helper.stop();
  await engine.close();
  await registry.close();
  rmSync(folder, { recursive: true });
}, START_WITHIN_MS);

const post = async (secret: string, body: unknown): Promise<Response> =>
  fetch(`${helper.url}/hooks/${secret}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

const madeUp = (index: number) =>
  Array.from({ length: IMAGES }, (_, each) => ({
    image: `${registry.host}/made-up/${index}-${each}:v1`,
  }));

it('one secret with thousands of made-up images keeps no other out, and they cost the cluster a few lists', async () => {
  const flood = Array.from({ length: WEBHOOKS }, (_, index) => post(CARELESS, madeUp(index)));
  const statuses = (await Promise.all(flood)).map(({ status }) => status);
  const accepted = statuses.filter((status) => status === 202).length;
  // Half of the backlog is 50 of them; meanwhile some have ended already.
  expect(accepted).toBeGreaterThanOrEqual(50);
  expect(statuses.every((status) => status === 202 || status === 503)).toBe(true);

  const second = registry.setTag('acme/web', 'v1', 'two');
  expect((await post(GOOD, { image: `${registry.host}/acme/web:v1` })).status).toBe(202);
  await waitUntil(
    async () => {
      const [newest] = await helper.deployments('?service=web');
      return newest?.state === 'succeeded' && newest.to === second ? true : null;
    },
    { what: 'the push of the good sender is deployed', withinMs: WITHIN_MS },
  );

  const { id = '' } =
    (await helper.deliveries()).findLast(({ secret }) => secret === 'careless') ?? {};
  const made = await waitUntil(
    async () => {
      const { pushes } = await helper.delivery(id);
      const results = pushes.flatMap((push) => push.results);
      return results.every(({ state }) => state === 'done') ? results : null;
    },
    { what: 'the first of the made-up pushes have their end', withinMs: WITHIN_MS, everyMs: 200 },
  );
  expect(made).toHaveLength(IMAGES);
  expect(new Set(made.map(({ outcome }) => outcome))).toEqual(new Set(['no-service']));
  expect(engine.requests.get('GET /services')).toBeLessThan(100);
}, 240_000);
