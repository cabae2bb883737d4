import { afterAll, beforeAll, expect, it } from 'vitest';
import type { OutcomeView } from '../../../src/core/outcome/outcome.ts';
import { type ApiStage, openApiStage } from '../../support/http/api-stage.ts';
import { HOOK_SECRET } from '../../support/program/start-helper.ts';

/** The registry's webhook and the pipeline's own, which often come together. */
const RACES = Number(process.env['RACES'] ?? 10);

let stage: ApiStage;
beforeAll(async () => {
  stage = await openApiStage({ engine: { pace: 'real', speed: 50 } });
}, 60_000);
afterAll(() => stage.close());

const ask = async (delivery: string): Promise<OutcomeView> => {
  const query = new URLSearchParams({ delivery, wait: '15s' });
  const { body } = await stage.ask(`/hooks/outcome?${query.toString()}`, { token: HOOK_SECRET });
  return body as OutcomeView;
};
const told = ({ state, deployments }: OutcomeView): string =>
  [state, ...deployments.map((one) => `${one.id} ${one.state} ${one.reason}`)].join('\n');

it(`${RACES} times two webhooks for one push have the same outcome`, async () => {
  const { engine, registry, image, helper, until } = stage;
  const first = registry.setTag('race/app', 'v1', 'first');
  engine.addService({ name: 'race', image: image('race/app', 'v1', first), replicas: 2 });
  const counts: Record<string, number> = {};
  for (let race = 0; race < RACES; race += 1) {
    const digest = registry.setTag('race/app', 'v1', `race ${race}`);
    const crashes = race % 5 === 4;
    if (crashes) engine.setOutcome(digest, { kind: 'crash', exitCode: 3 });
    const send = async (): Promise<string> => {
      const answer = await helper().postHook({ image: image('race/app'), digest });
      return ((await answer.json()) as { delivery: string }).delivery;
    };
    const newest = async (): Promise<{ to: string; state: string; endedAt: string | null }> => {
      const { body } = await stage.ask('/api/v1/deployments?limit=1');
      const [one] = (body as { items: { to: string; state: string; endedAt: string | null }[] })
        .items;
      if (one?.to !== digest) throw new Error(`${race}: no deployment yet`);
      return one;
    };
    // At once, one after the other, in the middle of the rollout, and after its end.
    const kind = race % 4;
    const one = send();
    if (kind > 0) await one;
    if (kind === 2) await until('the rollout goes on', newest);
    if (kind === 3) {
      await until('the rollout has ended', async () => {
        if ((await newest()).endedAt === null) throw new Error('not yet');
      });
    }
    const deliveries = await Promise.all([one, send()]);
    const [outcome, other] = await Promise.all(deliveries.map(ask));
    if (outcome === undefined || other === undefined) throw new Error('two were asked');
    expect({ race, outcome: told(other) }).toEqual({ race, outcome: told(outcome) });
    expect({ race, state: outcome.state }).toEqual({
      race,
      state: crashes ? 'failed' : 'succeeded',
    });
    expect(outcome.deployments).toHaveLength(1);
    counts[outcome.state] = (counts[outcome.state] ?? 0) + 1;
  }
  expect(counts).toEqual({ succeeded: RACES * 0.8, failed: RACES * 0.2 });
}, 300_000);
