import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeDeployment, START } from '../../../test/support/store/store-samples.ts';
import { recordIntent } from '../deployments/intents.ts';
import { openStore, type Store } from '../sqlite/open-store.ts';
import { queueDeployment } from '../deployments/queue-deployment.ts';
import { readDeployment } from '../deployments/read-deployments.ts';
import { recordRecovered } from './record-progress.ts';

let store: Store;
beforeEach(() => {
  store = openStore(':memory:');
});
afterEach(() => store.close());

it('a recovered update is recorded with its step, or not at all', async () => {
  const wanted = makeDeployment({});
  const { id } = await store.db
    .transaction()
    .execute((query) => queueDeployment(query, wanted, START));
  const intent = {
    phase: 'forward',
    target: wanted.to,
    version: 11,
    forceUpdate: 0,
    at: START,
    failed: null,
    refuted: false,
  } as const;
  await recordIntent(store.db, id, intent, START + 60_000);
  await sql`CREATE TRIGGER full BEFORE INSERT ON deployment_steps BEGIN SELECT RAISE(FAIL, 'full'); END`.execute(
    store.db,
  );
  await expect(recordRecovered(store.db, id, { recovered: true }, START + 1)).rejects.toThrow(
    'full',
  );
  expect(await readDeployment(store.db, id)).toMatchObject({ state: 'updating' });
  await sql`DROP TRIGGER full`.execute(store.db);
  expect(await recordRecovered(store.db, id, { recovered: true }, START + 2)).toBe(true);
  const recorded = await readDeployment(store.db, id);
  expect(recorded?.state).toBe('verifying');
  expect(recorded?.steps.at(-1)).toMatchObject({
    step: 'update-sent',
    detail: { recovered: true },
  });
});
