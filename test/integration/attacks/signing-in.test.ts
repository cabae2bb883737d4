import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiStage, openApiStage, OPERATOR, VIEWER } from '../../support/http/api-stage.ts';

let stage: ApiStage;
beforeAll(async () => {
  stage = await openApiStage();
}, 120_000);
afterAll(() => stage.close());

const signIn = (token: string) =>
  stage.ask('/api/v1/session', {
    method: 'POST',
    token: null,
    body: { token },
    headers: { 'x-cd-helper': 'dashboard' },
  });

it('over and over writes a bounded number of audit rows, and keeps no other token out', async () => {
  const statuses: number[] = [];
  for (let count = 0; count < 60; count += 1) statuses.push((await signIn(OPERATOR)).status);
  const refused = await signIn(OPERATOR);
  expect(statuses.slice(0, 30)).toEqual(Array(30).fill(200));
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await signIn(VIEWER)).status).toBe(200);
  // The token itself works as ever.
  const { status, body } = await stage.ask('/api/v1/actions?limit=100', { token: OPERATOR });
  expect(status).toBe(200);
  const signIns = (body as { items: { actor: string; action: string }[] }).items.filter(
    ({ action }) => action === 'sign-in',
  );
  // One more for every ten seconds that this took.
  expect(signIns.length).toBeLessThan(60);
});
