import Database from 'better-sqlite3';
import { CompiledQuery } from 'kysely';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { makeDeployment, START } from '../../../test/support/store/store-samples.ts';
import { activeDeployments, openDeployments } from '../deployments/deployments.ts';
import { claimCheck, nextCheckAt, scheduleCheck } from '../check-queue/check-queue.ts';
import { openStore, type Store } from './open-store.ts';
import type { Db } from '../query/db.ts';
import { queueDeployment } from '../deployments/queue-deployment.ts';

let store: Store;
beforeEach(() => {
  store = openStore(':memory:');
});
afterEach(() => store.close());

/** SQLite's query plan for each statement of `work`. */
const plansOf = async (work: (db: Db) => Promise<unknown>): Promise<string> => {
  const prepare = vi.spyOn(Database.prototype, 'prepare');
  await work(store.db);
  const texts = prepare.mock.calls.map(([text]) => text);
  prepare.mockRestore();
  const plans = texts
    .filter((text) => /^\s*(?:select|update)/.test(text))
    .map((text) => {
      const values = text
        .split('?')
        .slice(1)
        .map(() => null);
      return CompiledQuery.raw(`explain query plan ${text}`, values);
    });
  const lines = await Promise.all(
    plans.map(async (plan) => (await store.db.executeQuery<{ detail: string }>(plan)).rows),
  );
  return lines.flatMap((rows) => rows.map(({ detail }) => detail)).join('\n');
};

const check = { cluster: 'main', name: 'registry.example.com/acme/web' };
const schedule = { setAt: START, askedAt: null, attempts: 0, error: null };

it.each<[string, (db: Db) => Promise<unknown>, readonly string[]]>([
  [
    'the open deployments',
    (db) => openDeployments(db, 'main'),
    ['deployments_one_queued', 'deployments_one_active'],
  ],
  ['those under way', (db) => activeDeployments(db, 'main'), ['deployments_one_active']],
  [
    'what a new one joins or supersedes',
    (db) => db.transaction().execute((query) => queueDeployment(query, makeDeployment(), START)),
    ['deployments_one_queued', 'deployments_one_active'],
  ],
  ['the time of the next check', (db) => nextCheckAt(db, 'main'), ['look_work_due']],
  [
    'the check that is due, and its pushes',
    (db) => claimCheck(db, 'main', START),
    ['look_work_due', 'look_work_one_running', 'push_results_waiting'],
  ],
])('%s: found without reading what is over', async (_, work, indexes) => {
  await store.db.transaction().execute((query) => scheduleCheck(query, check, START, schedule));
  const plans = await plansOf(work);
  for (const index of indexes) expect(plans).toContain(`INDEX ${index} `);
  expect(plans).not.toMatch(/SCAN (?:deployments|look_work|push_results|due|busy)|deployments_by_/);
});
