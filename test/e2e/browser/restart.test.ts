import { beforeAll, describe, expect, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { createServer } from '../../../src/http/server.ts';
import { whyWithout } from '../../support/browser/browser-packages.ts';
import { createMemoryPorts } from '../../support/work/memory-ports.ts';
import { useDesk, VIEWER_TOKEN } from '../../support/browser/use-desk.ts';
import { startHelper } from '../../support/program/start-helper.ts';

const without = await whyWithout('chromium');
const NAME = 'restart_web';
const IMAGE = 'restart/web';

describe.skipIf(without !== null)('the helper goes and comes under open tabs', () => {
  const desks = useDesk();
  beforeAll(async () => {
    const { sandbox, services } = desks.stage;
    const { digest } = await sandbox.pushImage(IMAGE, 'v1', good('1.0.0'));
    await services.deploy({ name: NAME, image: sandbox.image(IMAGE, 'v1', digest) });
  });

  const push = async (version: string): Promise<void> => {
    const { sandbox, helper } = desks.stage;
    await sandbox.pushImage(IMAGE, 'v1', good(version));
    await helper.postHook({ image: sandbox.image(IMAGE, 'v1') });
  };

  test('two tabs of one person, and one of another, see the same at once', async () => {
    const desk = await desks.enter();
    const tab = await desk.openTab();
    const other = await desks.enter(VIEWER_TOKEN);
    const all = [desk, tab, other];
    for (const one of all) {
      await one.go('deployments');
      await one.page.getByText('Nothing has been deployed yet').waitFor();
    }
    await push('1.1.0');
    for (const one of all) await one.row('Deployments', NAME).getByText('succeeded').waitFor();
  });

  test('a page says that it is cut off, and shows what is new when the helper is back', async () => {
    const desk = await desks.enter();
    const { page } = desk;
    desk.allow(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|503/);
    await desk.go('deployments');
    await desk.row('Deployments', NAME).waitFor();
    await page.getByText('live', { exact: true }).waitFor();
    await page.evaluate('globalThis.stillHere = true');
    await desks.stage.helper.stop();
    await page.getByRole('status').getByText('Reconnecting…').waitFor();
    expect(await desk.row('Deployments', NAME).count()).toBe(1);
    await desks.stage.restart();
    await push('1.2.0');
    await page.getByText('live', { exact: true }).waitFor();
    await page.getByRole('status').getByText('Reconnecting…').waitFor({ state: 'detached' });
    await desk.row('Deployments', '1.2.0').getByText('succeeded').waitFor();
    expect(await page.evaluate('globalThis.stillHere')).toBe(true);
  });

  test('without any token there is no way in, and the page says why', async () => {
    const helper = await startHelper({
      store: `${desks.stage.folder}/without-token.db`,
      env: {
        CD_HELPER_API_TOKEN: '',
        CD_HELPER_ENGINE_URL: desks.stage.sandbox.engines[0].url,
      },
    });
    try {
      const { page, allow } = await desks.browser.visit(helper.url);
      allow(/401.*\/api\/v1\/session\)/);
      await page.goto(`${helper.url}/`);
      await page.getByLabel('Token').fill('anything');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page
        .getByRole('alert')
        .getByText(/no API token is configured/i)
        .waitFor();
    } finally {
      await helper.stop();
    }
  });

  test('where the dashboard was not built, the page says so and how to', async () => {
    const server = await createServer(createMemoryPorts({ dashboard: null }).deps);
    try {
      const origin = await server.listen({ host: '127.0.0.1', port: 0 });
      const { page, allow } = await desks.browser.visit(origin);
      allow(/503|404.*favicon/);
      await page.goto(`${origin}/`);
      await page.getByText('the dashboard is not built: run ./dev build').waitFor();
    } finally {
      await server.close();
    }
  });
});
