import { afterEach, expect, it } from 'vitest';
import { createEngineCluster } from '../../../../src/adapters/swarm/engine/engine.ts';
import { startApiVersionProxy } from '../../../support/proxies/api-version-proxy.ts';
import type { Fault } from '../../../support/fake-engine/faults.ts';
import type { ServiceSpec } from '../../../support/fake-engine/spec.ts';
import { openWorkBench, type WorkBench } from '../../../support/work/work-bench.ts';

let bench: WorkBench;
afterEach(async () => {
  await bench.close();
});

/** A push that is deployed through an engine that may change what it is posted; gives the deployment's end. */
const deploy = async (onPosted: (spec: ServiceSpec) => void, fault?: Fault) => {
  bench = await openWorkBench({ speed: 20, engine: { apiVersion: '1.99' } });
  const { registry, engine, image } = bench;
  const one = registry.setTag('acme/web', 'v1', 'one');
  engine.addService({
    name: 'web',
    image: image('acme/web:v1', one),
    update: { Monitor: 1e9 },
    container: { OomScoreAdj: -500, Env: ['TOKEN=a-secret-value'] },
  });
  bench.settle();
  const proxy = await startApiVersionProxy(engine.url, '1.56');
  proxy.onPosted = (spec) => onPosted(spec as ServiceSpec);
  const cluster = createEngineCluster({ name: 'one', url: proxy.url });
  const running = bench.start({}, { cluster: () => cluster });
  if (fault !== undefined) engine.inject(fault);
  const two = registry.setTag('acme/web', 'v1', 'two');
  await bench.hook(running.work, image('acme/web:v1'), two);
  const ended = await bench.ended('web');
  await running.stop();
  await cluster.close();
  await proxy.close();
  return ended;
};

it('settings that an engine changed on its own raise an alarm in the record and in the log', async () => {
  const ended = await deploy(({ TaskTemplate: { ContainerSpec } }) => {
    delete ContainerSpec['OomScoreAdj'];
    ContainerSpec.Env = ['TOKEN=another-secret-value'];
  });
  const fields = ['TaskTemplate.ContainerSpec.OomScoreAdj', 'TaskTemplate.ContainerSpec.Env.TOKEN'];
  expect(ended.state).toBe('succeeded');
  expect(ended.steps.filter(({ step }) => step === 'settings-changed')).toMatchObject([
    { detail: { fields } },
  ]);
  expect(JSON.stringify(ended)).not.toMatch(/secret-value/);
  expect(bench.errors).toHaveLength(1);
  expect(bench.errors[0]).toMatch(/settings of the service that the update did not ask for/);
});

const LOST_ANSWER: Fault = {
  kind: 'drop-after',
  on: { method: 'POST', path: /\/update$/ },
  times: 1,
};

it('and so do those of an update whose answer was lost', async () => {
  const ended = await deploy(({ TaskTemplate: { ContainerSpec } }) => {
    delete ContainerSpec['OomScoreAdj'];
  }, LOST_ANSWER);
  expect(ended.steps.map(({ step }) => step)).toContain('no-answer');
  expect(ended.steps.filter(({ step }) => step === 'settings-changed')).toMatchObject([
    { detail: { fields: ['TaskTemplate.ContainerSpec.OomScoreAdj'] } },
  ]);
  expect(bench.errors).toHaveLength(1);
});

it('nothing is said where the answer was lost, and nothing else', async () => {
  const ended = await deploy(() => {}, LOST_ANSWER);
  expect(ended.state).toBe('succeeded');
  expect(ended.steps.map(({ step }) => step)).toContain('no-answer');
  expect(bench.errors).toEqual([]);
});

it('nothing is said of an update that changed only what it was to change', async () => {
  const ended = await deploy(() => {});
  expect(ended.state).toBe('succeeded');
  expect(ended.steps.map(({ step }) => step)).not.toContain('settings-changed');
  expect(bench.errors).toEqual([]);
});
