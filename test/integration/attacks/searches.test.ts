import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Store } from '../../../src/store/sqlite/open-store.ts';
import { inParts } from '../../../src/store/query/in-parts.ts';
import { insertRows } from '../../../src/store/query/insert-rows.ts';
import { type ApiStage, openApiStage, OPERATOR, VIEWER } from '../../support/http/api-stage.ts';

const DEPLOYMENTS = 30_000;
const SEARCHES = 8;
/** Searches that look at everything at once let one webhook pass in all; in slices, some hundred, on a busy machine tens. */
const LEAST_WEBHOOKS = SEARCHES;

const seed = async ({ db }: Store): Promise<void> => {
  const rows = Array.from({ length: DEPLOYMENTS }, (_, index) => ({
    id: `id-${String(index).padStart(6, '0')}`,
    cluster: 'default',
    service_id: `s${index % 500}`,
    service_name: `service-${index % 500}`,
    name: 'docker.io/acme/web',
    tag: 'v1',
    cause: 'forced',
    state: 'succeeded' as const,
    queued_at: index,
    ended_at: Date.now(),
    run_at: index,
  }));
  for (const some of inParts(rows)) await insertRows(db, 'deployments', some as never).execute();
};

let stage: ApiStage;
beforeAll(async () => {
  stage = await openApiStage({ seed, config: { retention: { deployments: 100_000 } } });
}, 120_000);
afterAll(() => stage.close());

it('through the whole history keep webhooks waiting for a slice, and the token’s own searches in a queue', async () => {
  const searching = { isOver: false };
  const searches = Promise.all(
    Array.from({ length: SEARCHES }, (_, index) =>
      stage.ask(`/api/v1/deployments?q=nothing+has+this+${index}`, { token: OPERATOR }),
    ),
  ).finally(() => {
    searching.isOver = true;
  });
  let webhooks = 0;
  while (!searching.isOver) {
    const { status } = await stage.helper().postHook({ image: 'acme/app:v1' });
    expect(status).toBe(202);
    webhooks += 1;
  }
  for (const { status, body } of await searches) {
    expect(status).toBe(200);
    expect(body).toMatchObject({ items: [] });
  }
  expect(webhooks).toBeGreaterThanOrEqual(LEAST_WEBHOOKS);
}, 120_000);

it('of one token are refused when too many wait, and another token’s are not', async () => {
  const ask = (token: string, index: number) =>
    stage.ask(`/api/v1/deployments?q=nothing+has+this+${index}`, { token });
  const many = Array.from({ length: 40 }, (_, index) => ask(VIEWER, index));
  const other = ask(OPERATOR, 0);
  const statuses = (await Promise.all(many)).map(({ status }) => status);
  expect(statuses).toContain(429);
  expect(statuses).toContain(200);
  expect((await other).status).toBe(200);
}, 120_000);
