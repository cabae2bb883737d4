import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buildWeb, isWebStale } from '../../../scripts/web-build.ts';
import { overflowOf, violationsOf } from '../../support/browser/audit-page.ts';
import { whyWithout } from '../../support/browser/browser-packages.ts';
import { type FakeEngine, startFakeEngine } from '../../support/fake-engine/fake-engine.ts';
import { type RunningBrowser, startBrowser } from '../../support/browser/start-browser.ts';
import { type RunningHelper, startHelper } from '../../support/program/start-helper.ts';
import { approach } from '../../support/browser/use-desk.ts';
import { usePostgres } from '../../support/store/use-postgres.ts';

const without = await whyWithout('chromium');

describe.skipIf(without !== null)('instances that share a store, in a browser', () => {
  const postgres = usePostgres();
  const folder = mkdtempSync(join(tmpdir(), 'instances-'));
  const helpers: RunningHelper[] = [];
  let engine: FakeEngine;
  let browser: RunningBrowser;

  const start = async (name: string, env: Record<string, string> = {}): Promise<RunningHelper> => {
    const helper = await startHelper({
      store: join(folder, name),
      env,
      config: { clusters: [{ name: 'production', type: 'engine', url: engine.url }] },
    });
    helpers.push(helper);
    return helper;
  };
  beforeAll(async () => {
    if (isWebStale()) await buildWeb();
    engine = await startFakeEngine();
    browser = await startBrowser();
  });
  afterEach(() => browser.leave());
  afterAll(async () => {
    await Promise.all(helpers.map((helper) => helper.kill()));
    await browser?.close();
    await engine?.close();
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
