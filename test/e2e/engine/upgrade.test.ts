import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EngineVersion, engineChoice } from '../../../sandbox/engine/engine-choice.ts';
import { replaceEngine } from '../../../sandbox/engine/replace-engine.ts';
import { good } from '../../../sandbox/image/sample.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import { endedDeployments } from '../../support/stage/open-stage.ts';
import { type RunningHelper, startHelper } from '../../support/program/start-helper.ts';

/** What comes after 20.10. */
const SECOND: EngineVersion = engineChoice().version === '28.5' ? '28.5' : '26.1';
/** What 20.10 does not know, and an update under its API version clears. */
const NEWER = {
  Privileges: { Seccomp: { Mode: 'unconfined' }, NoNewPrivileges: true },
  Healthcheck: { Test: ['NONE'], StartInterval: 2_000_000_000 },
  ...(SECOND === '28.5' ? { OomScoreAdj: 10 } : {}),
};
const NAME = 'upgraded';

describe('an engine that is replaced under a running helper', () => {
  let sandbox: Sandbox;
  let helper: RunningHelper;
  const folder = mkdtempSync(join(tmpdir(), 'engine-upgrade-'));

  beforeAll(async () => {
    sandbox = await startSandbox({ engine: { version: '20.10', imageStore: 'graph-driver' } });
    const [{ url }] = sandbox.engines;
    helper = await startHelper({
      store: join(folder, 'store.db'),
      env: { CD_HELPER_ENGINE_URL: url, CD_HELPER_REGISTRY_INSECURE: sandbox.registry.host },
    });
  });
  afterAll(async () => {
    await helper?.stop();
    await sandbox?.stop();
    rmSync(folder, { recursive: true });
  });

  const image = (digest?: Digest): string => sandbox.image('acme/upgraded', 'v1', digest);

  const push = async (version: string): Promise<Digest> =>
    (await sandbox.pushImage('acme/upgraded', 'v1', good(version))).digest;

  /** Pushes a version, and gives the deployment that comes of it. */
  const deploy = async (version: string, count: number) => {
    const digest = await push(version);
    expect((await helper.postHook({ image: image(), digest })).status).toBe(202);
    const deployment = (await endedDeployments(helper, NAME, count)).at(-1);
    expect(deployment).toMatchObject({ state: 'succeeded', to: digest });
    return deployment;
  };

  const containerSpec = async (): Promise<Readonly<Record<string, unknown>>> =>
    (await sandbox.engines[0].services.inspect(NAME)).Spec.TaskTemplate.ContainerSpec;

  test(`from 20.10 to ${SECOND} and on: no setting is lost, and none is said to be`, async ({
    onTestFailed,
  }) => {
    onTestFailed(() => {
      process.stderr.write(helper.output());
    });
    const [engine] = sandbox.engines;
    const { services, api } = engine;
    await services.deploy({ name: NAME, image: image(await push('one')) });
    const deployments = [await deploy('two', 1)];

    await replaceEngine(engine, SECOND);
    await services.converged(NAME, { withinMs: 90_000 });
    const { Spec, Version } = await services.inspect(NAME);
    const ContainerSpec = { ...Spec.TaskTemplate.ContainerSpec, ...NEWER };
    await api.call('POST', `/services/${NAME}/update?version=${Version.Index}`, {
      body: { ...Spec, TaskTemplate: { ...Spec.TaskTemplate, ContainerSpec } },
    });
    await services.converged(NAME);
    expect(await containerSpec()).toMatchObject(NEWER);

    // The helper last spoke to 20.10.
    deployments.push(await deploy('three', 2));
    expect(await containerSpec()).toMatchObject(NEWER);
    deployments.push(await deploy('four', 3));
    expect(await containerSpec()).toMatchObject(NEWER);

    const steps = deployments.flatMap((deployment) => deployment?.steps ?? []);
    expect(steps.map(({ step }) => step)).not.toContain('settings-changed');
    expect(helper.log.filter(({ level }) => Number(level) >= 50 || level === 'error')).toEqual([]);
  });
});
