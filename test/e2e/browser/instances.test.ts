import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { buildWeb, isWebStale } from '../../../scripts/web-build.ts';
import type { InstanceView } from '../../../src/core/contract/instance-view.ts';
import type { Page } from '../../../src/core/contract/views.ts';
import { overflowOf, violationsOf } from '../../support/browser/audit-page.ts';
import { whyWithout } from '../../support/browser/browser-packages.ts';
import { type FakeEngine, startFakeEngine } from '../../support/fake-engine/fake-engine.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/fake-registry/fake-registry.ts';
import { type RunningBrowser, startBrowser } from '../../support/browser/start-browser.ts';
import { type RunningHelper, startHelper } from '../../support/program/start-helper.ts';
import { approach } from '../../support/browser/use-desk.ts';
import { usePostgres } from '../../support/store/use-postgres.ts';

/** Long enough that an instance ends while the update is watched. */
const MONITOR_NS = 20_000_000_000;

const without = await whyWithout('chromium');

describe.skipIf(without !== null)('instances that share a store, in a browser', () => {
  const postgres = usePostgres();
  const folder = mkdtempSync(join(tmpdir(), 'instances-'));
  const helpers: RunningHelper[] = [];
  let engine: FakeEngine;
  let registry: FakeRegistry;
  let browser: RunningBrowser;

  const start = async (name: string, env: Record<string, string> = {}): Promise<RunningHelper> => {
    const helper = await startHelper({
      store: join(folder, name),
      env,
      config: {
        clusters: [{ name: 'production', type: 'engine', url: engine.url }],
        registries: [{ host: registry.host, insecure: true }],
      },
    });
    helpers.push(helper);
    return helper;
  };
  beforeAll(async () => {
    if (isWebStale()) await buildWeb();
    engine = await startFakeEngine({ pace: 'real' });
    registry = await startFakeRegistry();
    browser = await startBrowser();
  });
  afterEach(() => browser.leave());
  afterAll(async () => {
    await Promise.all(helpers.map((helper) => helper.kill()));
    await browser?.close();
    await engine?.close();
    await registry?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('each shows which of them there are, and what each works on', async () => {
    const { url } = await postgres.server.createDatabase();
    const one = await start('one', { CD_HELPER_STORE: url });
    const other = await start('other', { CD_HELPER_STORE: url });
    for (const { url: address } of [one, other]) {
      const desk = await approach(browser, `${address}/`);
      await desk.enter();
      await desk.go('health');
      await desk.row('Instances', 'cluster:production').waitFor();
      await desk.row('Instances', 'nothing, ready to take over').waitFor();
      expect(await violationsOf(desk.page)).toEqual([]);
      await desk.page.setViewportSize({ width: 360, height: 740 });
      expect(await overflowOf(desk.page)).toEqual([]);
    }
  });

  test('a rollout is watched at one while another does it and a third one is killed', async () => {
    const { url } = await postgres.server.createDatabase();
    const working = await start('working', { CD_HELPER_STORE: url });
    const holder = async (): Promise<InstanceView | undefined> => {
      const { items } = await working.get<Page<InstanceView>>('/instances');
      return items.find(({ leases }) => leases.some(({ name }) => name === 'cluster:production'));
    };
    await waitUntil(async () => ((await holder())?.isSelf === true ? true : null), {
      what: 'the first one works',
      withinMs: 30_000,
    });
    const watched = await start('watched', { CD_HELPER_STORE: url });
    const third = await start('third', { CD_HELPER_STORE: url });
    const image = `${registry.host}/acme/web:v1`;
    const before = registry.setTag('acme/web', 'v1', 'one');
    engine.addService({
      name: 'web',
      image: `${image}@${before}`,
      replicas: 2,
      update: { Parallelism: 2, Monitor: MONITOR_NS, Order: 'stop-first' },
    });

    const desk = await approach(browser, `${watched.url}/`);
    await desk.enter();
    await desk.go('deployments');
    await desk.page.getByText('Nothing has been deployed yet').waitFor();
    await desk.page.evaluate('globalThis.stillHere = true');
    const digest = registry.setTag('acme/web', 'v1', 'two');
    expect((await third.postHook({ image, digest })).status).toBe(202);
    const row = desk.row('Deployments', 'web');
    await row.getByText(/updating|verifying/).waitFor();
    await row.getByRole('link', { name: 'web' }).click();
    await desk.page.getByRole('heading', { name: 'Deployment of web' }).waitFor();
    await third.kill();
    const [open] = await watched.deployments();
    expect(open?.endedAt).toBeNull();
    await desk.page.getByRole('main').getByText('succeeded').first().waitFor();
    expect(await desk.page.evaluate('globalThis.stillHere')).toBe(true);
    expect((await holder())?.isSelf).toBe(true);
    expect(engine.updates.filter(({ name }) => name === 'web')).toHaveLength(1);
    expect(engine.running('web')).toEqual([digest, digest]);
  });

  test('one that has its store alone shows none', async () => {
    const helper = await start('alone');
    const desk = await approach(browser, `${helper.url}/`);
    const answered = desk.page.waitForResponse(/\/api\/v1\/instances$/);
    await desk.enter();
    await desk.go('health');
    expect((await answered).status()).toBe(200);
    await desk.page.getByRole('table', { name: 'Queue' }).waitFor();
    expect(await desk.page.getByRole('heading', { name: 'Instances' }).count()).toBe(0);
  });
});
