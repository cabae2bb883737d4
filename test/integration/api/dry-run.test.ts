import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Page } from '../../../src/core/contract/views.ts';
import type { RunSummary } from '../../../src/core/contract/run-views.ts';
import { type ApiStage, openApiStage, OPERATOR } from '../../support/http/api-stage.ts';

let stage: ApiStage;
beforeEach(async () => {
  stage = await openApiStage();
  const { engine, registry, image } = stage;
  const one = registry.setTag('acme/web', 'v1', 'one');
  engine.addService({ name: 'web', image: image('acme/web', 'v1', one) });
  registry.fault({ kind: 'hang' });
});
afterEach(() => stage.close());

const PATH = '/api/v1/smart-redeploy';
const KEY = { 'idempotency-key': 'once' };
const runs = async (): Promise<readonly RunSummary[]> =>
  ((await stage.ask('/api/v1/runs')).body as Page<RunSummary>).items;
const untilAsked = () =>
  stage.until('the registry is asked', async () => {
    if (stage.registry.count({ kind: 'manifest' }) === 0) throw new Error('not yet');
  });

it('a dry run ends when whoever asked for it is gone, and its key may be used again', async () => {
  const gone = new AbortController();
  const asked = fetch(`${stage.helper().url}${PATH}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${OPERATOR}`, 'content-type': 'application/json', ...KEY },
    body: JSON.stringify({ dryRun: true }),
    signal: gone.signal,
  });
  await untilAsked();
  gone.abort();
  await expect(asked).rejects.toThrow();
  await stage.until('the run has ended', async () => {
    expect(await runs()).toMatchObject([
      {
        dryRun: true,
        state: 'failed',
        reason: 'the client disconnected before the answer',
      },
    ]);
  });
  const again = { method: 'POST', headers: KEY, body: { dryRun: true, services: ['nobody'] } };
  await stage.until('the key is free', async () => {
    expect((await stage.ask(PATH, again)).status).toBe(200);
  });
});

it('a dry run keeps no helper from stopping, and is answered', async () => {
  const asked = stage.ask(PATH, { method: 'POST', body: { dryRun: true } });
  await untilAsked();
  expect(await stage.helper().stop()).toBe(0);
  expect(await asked).toMatchObject({
    status: 200,
    body: { state: 'failed', reason: 'the helper stopped while it was checking' },
  });
});
