import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiStage, openApiStage } from '../../support/http/api-stage.ts';

let stage: ApiStage;
beforeAll(async () => {
  stage = await openApiStage();
}, 60_000);
afterAll(() => stage.close());

const saysEmpty = (): boolean =>
  stage
    .helper()
    .log.some(({ msg, level }) => msg.startsWith('the store is new') && level === 'warn');

it('a start without a store says so, deploys nothing by itself, and is not repeated', async () => {
  const { engine, registry, image } = stage;
  const running = registry.setTag('acme/web', 'v1', 'one');
  engine.addService({ name: 'web', image: image('acme/web', 'v1', running), replicas: 1 });
  const published = registry.setTag('acme/web', 'v1', 'two');
  expect(saysEmpty()).toBe(true);
  await stage.restart();
  expect(saysEmpty()).toBe(false);
  expect(engine.updates).toEqual([]);
  expect(registry.count({})).toBe(0);
  await stage.helper().postHook({ image: image('acme/web'), digest: published });
  await stage.until('a hook is acted on', async () => {
    if (engine.updates.length !== 1) throw new Error('no update yet');
  });
});
