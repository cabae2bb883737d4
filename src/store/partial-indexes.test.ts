import { CompiledQuery, type KyselyPlugin, type RootOperationNode } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeDeployment, START } from '../../test/support/store-samples.ts';
import { activeDeployments, openDeployments } from './deployments.ts';
import { claimLook, nextLookAt, scheduleLook } from './looks.ts';
import { type Db, openStore, type Store } from './open-store.ts';
import { queueDeployment } from './queue-deployment.ts';

let store: Store;
beforeEach(() => {
  store = openStore(':memory:');
});
afterEach(() => store.close());

/** How SQLite finds the rows of each query that `work` makes. */
const plansOf = async (work: (db: Db) => Promise<unknown>): Promise<string> => {
  const nodes: RootOperationNode[] = [];
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      nodes.push(node);
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  await work(store.db.withPlugin(plugin));
  const executor = store.db.getExecutor();
  const lines: string[] = [];
  for (const node of nodes) {
    const { sql, parameters } = executor.compileQuery(node, { queryId: 'plan' });
    if (!/^(?:select|update)/.test(sql)) continue;
    const plan = CompiledQuery.raw(`explain query plan ${sql}`, [...parameters]);
    const { rows } = await store.db.executeQuery<{ detail: string }>(plan);
    lines.push(...rows.map(({ detail }) => detail));
  }
  return lines.join('\n');
};

const look = { cluster: 'main', name: 'registry.example.com/acme/web' };
const schedule = { askedAt: null, attempts: 0, error: null };

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
  ['the time of the next look', (db) => nextLookAt(db, 'main'), ['look_work_due']],
  [
    'the look that is due, and its pushes',
    (db) => claimLook(db, 'main', START),
    ['look_work_due', 'look_work_one_running', 'push_results_waiting'],
  ],
])('%s: found without reading what is over', async (_, work, indexes) => {
  await store.db.transaction().execute((query) => scheduleLook(query, look, START, schedule));
  const plans = await plansOf(work);
  for (const index of indexes) expect(plans).toContain(`INDEX ${index} `);
  expect(plans).not.toMatch(/SCAN (?:deployments|look_work|push_results|due|busy)|deployments_by_/);
});
