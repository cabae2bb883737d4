import { expect, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { EngineService } from '../../../sandbox/swarm/services.ts';
import { useStage } from '../../support/stage/use-stage.ts';

const NAME = 'stuck-in-anothers';
const SECOND_NS = 1e9;
/** Until then a failing health check only means that the task still starts. */
const STARTS_FOR_S = 1_800;
const STUCK_AFTER_MS = 2 * 60_000;
const stage = useStage();

test('a service with nothing running in the update of somebody else gets the fix that is pushed', async () => {
  const { helper, sandbox, services } = stage;
  const { api } = sandbox.engines[0];
  const repository = `stuck/${NAME}`;
  const one = await sandbox.pushImage(repository, 'v1', good('one'));
  const image = sandbox.image(repository, 'v1');
  await services.deploy({ name: NAME, image: `${image}@${one.digest}`, monitorMs: 1_000 });

  const slow = await sandbox.pushImage(repository, 'v1', good('slow'));
  const { ID, Version, Spec } = await api.call<EngineService>('GET', `/services/${NAME}`);
  const spec = structuredClone(Spec) as unknown as {
    TaskTemplate: { ContainerSpec: Record<string, unknown> };
  };
  Object.assign(spec.TaskTemplate.ContainerSpec, {
    Image: `${image}@${slow.digest}`,
    Healthcheck: {
      Test: ['CMD', '/nothing-that-exists'],
      Interval: 5 * SECOND_NS,
      Timeout: SECOND_NS,
      Retries: 1_000,
      StartPeriod: STARTS_FOR_S * SECOND_NS,
    },
  });
  await api.call('POST', `/services/${ID}/update?version=${Version.Index}`, { body: spec });
  await waitUntil(
    async () =>
      (await services.tasks(NAME)).some(({ Status }) => Status.State === 'starting') || null,
    { what: 'the task of the other update starts', withinMs: 60_000, everyMs: 200 },
  );

  const fix = await sandbox.pushImage(repository, 'v1', good('fix'));
  const begun = performance.now();
  await helper.postHook({ image });
  const [first] = await waitUntil(
    async () => {
      const found = await helper.deployments(`?service=${NAME}`);
      return found.some(({ state }) => state === 'verifying') ? found : null;
    },
    { what: 'the fix is sent', withinMs: STUCK_AFTER_MS + 90_000, everyMs: 500 },
  );
  const took = performance.now() - begun;
  expect(first).toMatchObject({ from: slow.digest, to: fix.digest });
  expect(took).toBeGreaterThan(STUCK_AFTER_MS - 10_000);
  const { Spec: now } = await services.inspect(NAME);
  expect(now.TaskTemplate.ContainerSpec.Image).toContain(fix.digest);
  process.stderr.write(`the fix was sent ${Math.round(took / 1_000)} s after its push\n`);
}, 400_000);
