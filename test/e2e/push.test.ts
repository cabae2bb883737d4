import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { good } from '../../sandbox/image/sample.ts';
import { waitUntil } from '../../sandbox/machine/wait-until.ts';
import { type AttachedSandbox, attachSandbox } from '../../sandbox/sandbox.ts';
import { type RunningHelper, startHelper } from '../support/start-helper.ts';

const ENDED = ['succeeded', 'failed', 'rolled-back', 'superseded', 'skipped'];

describe('a push', () => {
  let sandbox: AttachedSandbox;
  let helper: RunningHelper;
  const folder = mkdtempSync(join(tmpdir(), 'push-'));
  beforeAll(async () => {
    sandbox = attachSandbox(inject('sandbox'));
    helper = await startHelper({
      store: join(folder, 'store.db'),
      env: {
        CD_HELPER_ENGINE_URL: sandbox.engines[0].url,
        CD_HELPER_REGISTRY_INSECURE: sandbox.registry.host,
      },
    });
  });
  afterAll(async () => {
    if (process.env['SHOW_HELPER'] !== undefined) console.error(helper.output());
    await helper.stop();
    await sandbox.close();
    rmSync(folder, { recursive: true });
  });

  test('redeploys the services that run the tag, and no other', async () => {
    const { services } = sandbox.engines[0];
    const one = await sandbox.pushImage('push/web', 'v1', good('one'));
    await services.deploy({
      name: 'push-web',
      image: sandbox.image('push/web', 'v1', one.digest),
      replicas: 2,
    });
    const two = await sandbox.pushImage('push/web', 'v1', good('two'));
    const answer = await helper.postHook({ image: sandbox.image('push/web', 'v1') });
    expect(answer.status).toBe(202);
    const ended = await waitUntil(
      async () => {
        const [deployment] = await helper.deployments('?service=push-web');
        return deployment !== undefined && ENDED.includes(deployment.state) ? deployment : null;
      },
      { what: 'the deployment ends', withinMs: 15_000 },
    );
    expect(ended).toMatchObject({ state: 'succeeded', from: one.digest, to: two.digest });
    expect(await services.runningDigests('push-web')).toEqual([two.digest, two.digest]);
  });
});
