import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { overflowOf, violationsOf } from '../../support/browser/audit-page.ts';
import { whyWithout } from '../../support/browser/browser-packages.ts';
import { deployShop, type Shop } from '../../support/browser/deploy-shop.ts';
import { keepScreenshot } from '../../support/browser/keep-screenshot.ts';
import { type Desk, useDesk, VIEWER_TOKEN } from '../../support/browser/use-desk.ts';
import { endedDelivery } from '../../support/stage/open-stage.ts';

const without = await whyWithout('chromium');
const WIDE = { viewport: { width: 1280, height: 1160 } };
const PHONE = { width: 360, height: 740 };
/** Between two tasks of the rollout that all tests watch: it must not end before them. */
const DELAY_MS = 600_000;
const ROLLING = 'pay_web';
const WAITING = 'pay_api';

const FOCUSED = `document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText`;
const focused = (page: Page): Promise<string> => page.evaluate<string>(FOCUSED);

describe.skipIf(without !== null)('the overview, in a browser', () => {
  const desks = useDesk();
  let shop: Shop;
  beforeAll(async () => {
    const { sandbox, services, helper } = desks.stage;
    shop = await deployShop(desks.stage);
    const labels = { 'com.docker.stack.namespace': 'pay' };
    const web = await sandbox.pushImage('pay/web', 'v1', good('1.0.0'));
    const api = await sandbox.pushImage('pay/api', 'v1', good('1.0.0'));
    await services.deploy(
      {
        name: ROLLING,
        image: sandbox.image('pay/web', 'v1', web.digest),
        replicas: 4,
        delayMs: DELAY_MS,
        labels,
      },
      {
        name: WAITING,
        image: sandbox.image('pay/api', 'v1', api.digest),
        labels: { ...labels, 'cd-helper.min-age': '72h' },
      },
    );
    for (const repository of ['pay/web', 'pay/api']) {
      const { digest } = await sandbox.pushImage(repository, 'v1', good('1.1.0'));
      const image = sandbox.image(repository, 'v1');
      await endedDelivery(helper, await helper.postHook({ image, digest }));
    }
  }, 300_000);

  /** The start page, once everything on it is there. */
  const open = async (token?: string, options: Parameters<typeof desks.enter>[1] = WIDE) => {
    const desk = await desks.enter(token, options);
    await desk.go('');
    await desk.page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    await desk.page.getByText('Loading').first().waitFor({ state: 'detached' });
    return desk;
  };
  const lane = ({ page }: Desk, name: string) =>
    page
      .getByRole('table', { name: 'Last 24 hours' })
      .getByRole('row')
      .filter({ has: page.getByRole('rowheader', { name }) });

  test('it opens first, and shows a rollout with the state of its tasks', async () => {
    const desk = await desks.approach(WIDE);
    const { page } = desk;
    await page.goto(`${desks.stage.helper.url}/`);
    await desk.signIn(VIEWER_TOKEN);
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    const progress = page.getByRole('progressbar', { name: `Tasks of ${ROLLING}` });
    await page.getByText('1 of 4 tasks done; waiting between tasks').waitFor();
    expect(await progress.getAttribute('aria-valuenow')).toBe('1');
    expect(await progress.getAttribute('aria-valuemax')).toBe('4');
    await page.getByRole('main').getByRole('link', { name: ROLLING }).first().click();
    await page.getByRole('heading', { name: `Deployment of ${ROLLING}` }).waitFor();
  });

  test('what needs a person, what waits and until when', async () => {
    const desk = await open();
    const region = (name: string) => desk.page.getByRole('region', { name });
    await region('Needs attention').getByRole('link', { name: 'shop_api' }).waitFor();
    const waiting = region('Waiting');
    await waiting.getByRole('link', { name: WAITING }).waitFor();
    await waiting.getByText(/Minimum age, opens in 2 d/).waitFor();
    await waiting.getByText('the index is being rebuilt').waitFor();
  });

  test('a failed deployment is a link in its lane that opens its story', async () => {
    const desk = await open();
    const failed = lane(desk, 'shop_api').getByRole('link', { name: /: rolled-back, stable/ });
    expect(await failed.getAttribute('href')).toBe(`#/deployments/${shop.failed}`);
    await failed.click();
    await desk.page
      .getByText(/giving up with exit code/)
      .first()
      .waitFor();
  });

  test('pushes and freezes are marks with their own pages', async () => {
    const desk = await open();
    const push = lane(desk, 'shop_web').getByRole('link', { name: /: push of stable/ });
    expect(await push.getAttribute('href')).toBe(`#/hooks/${shop.delivery}`);
    const frozen = lane(desk, 'shop_search').getByRole('link', { name: /: frozen from/ });
    expect(await frozen.getAttribute('href')).toBe('#/health');
  });

  test('the picture is one stop of the Tab key, and the arrow keys walk its marks', async () => {
    const desk = await open();
    const { page } = desk;
    const table = page.getByRole('table', { name: 'Last 24 hours' });
    expect(await table.locator('a[tabindex="0"]').count()).toBe(1);
    await page.getByRole('searchbox').focus();
    await page.keyboard.press('Tab');
    const first = await focused(page);
    expect(first).toBe(await table.getByRole('rowheader').first().innerText());
    const met = new Set<string>();
    for (let pressed = 0; pressed < 4; pressed += 1) {
      await page.keyboard.press('ArrowRight');
      met.add(await page.evaluate<string>(`document.activeElement.href`));
    }
    expect(met.size).toBe(4);
    expect(await focused(page)).toContain(`${first}: `);
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    expect(await focused(page)).toBe(await table.getByRole('rowheader').nth(1).innerText());
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: first, level: 1 }).waitFor();
  });

  test('a table for a screen reader, of the day and of the month', async () => {
    const desk = await open();
    const day = desk.page.getByRole('table', { name: 'Last 24 hours' });
    expect(await day.getByRole('columnheader').allInnerTexts()).toEqual([
      'Service',
      'State',
      'Deployments, pushes and freezes',
    ]);
    const month = desk.page.getByRole('table', { name: 'Last 30 days' });
    expect(await month.getByRole('row').count()).toBe(31);
    const today = month.getByRole('row').last();
    const counted = today.getByRole('link', { name: /\d+ deployments, 1 failed, push to/ });
    await counted.click();
    await desk.page.getByText(/^Queued on \d{4}-\d\d-\d\d, in UTC/).waitFor();
    await desk.row('Deployments', 'shop_api').first().waitFor();
  });

  test('the search finds any lane, and says when there is none', async () => {
    const desk = await open();
    const { page } = desk;
    const lanes = page.getByRole('table', { name: 'Last 24 hours' }).getByRole('rowheader');
    await page.getByRole('searchbox').fill('blog cache');
    await lanes.filter({ hasText: 'shop' }).first().waitFor({ state: 'detached' });
    expect(await lanes.allInnerTexts()).toEqual(['blog_cache']);
    await page.getByRole('searchbox').fill('nobody');
    await page.getByText('No service matches.').waitFor();
    await page.getByRole('button', { name: 'Show all' }).click();
    await lanes.nth(5).waitFor();
  });

  test('a service’s page has its own lane', async () => {
    const desk = await desks.enter(undefined, WIDE);
    await desk.go('services/default/shop_api');
    const week = desk.page.getByRole('table', { name: 'Last 7 days' });
    await week.getByRole('link', { name: /: rolled-back/ }).waitFor();
    expect(await week.getByRole('rowheader').allInnerTexts()).toEqual(['shop_api']);
  });

  test('where nothing has happened yet, it says what to do next', async () => {
    const desk = await desks.enter(undefined, WIDE);
    const { page } = desk;
    const none = { items: [], isWhole: true };
    const quiet = { services: 1, troubles: none, rollouts: none, waiting: none, freezes: none };
    const since = new Date(Date.now() - 86_400_000).toISOString();
    let lanes: readonly object[] = [
      {
        cluster: 'default',
        service: { id: 'web', name: 'web' },
        stack: null,
        health: 'ok',
        healthReason: null,
        verdict: 'current',
        deployments: [],
        pushes: [],
        freezes: [],
      },
    ];
    await page.route(/\/api\/v1\/overview$/, (route) =>
      route.fulfill({ json: { ...quiet, days: [] } }),
    );
    await page.route(/\/api\/v1\/timeline/, (route) =>
      route.fulfill({ json: { since, lanes, left: 0 } }),
    );
    await desk.go('overview');
    await page.getByText('Nothing. The service works.').waitFor();
    await page.getByText('Nothing is being deployed.').waitFor();
    await page.getByText('Nothing waits: every gate is open.').waitFor();
    const next = page.getByRole('link', { name: 'Add a webhook' });
    expect(await next.getAttribute('href')).toBe('#/hooks');
    expect(await violationsOf(page)).toEqual([]);
    lanes = [];
    await page.reload();
    await page.getByRole('link', { name: 'See the health of the clusters' }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
  });

  test('it follows what happens without a reload', async () => {
    const desk = await open();
    const { sandbox, helper } = desks.stage;
    const marks = lane(desk, 'blog_web').getByRole('link', { name: /: succeeded/ });
    const before = await marks.count();
    const { digest } = await sandbox.pushImage('blog/web', 'stable', good('3.3.0'));
    await helper.postHook({ image: sandbox.image('blog/web', 'stable'), digest });
    await marks.nth(before).waitFor();
  });

  test('nothing is wrong for axe in either scheme and on a phone, and nothing is cut off', async () => {
    const desk = await open(undefined, { ...WIDE, colorScheme: 'dark' });
    const { page } = desk;
    await page.getByText('waiting between tasks').waitFor();
    await keepScreenshot(page, 'overview');
    const faults = [...(await violationsOf(page)), ...(await overflowOf(page))];
    await page.emulateMedia({ colorScheme: 'light' });
    await keepScreenshot(page, 'overview-light');
    faults.push(...(await violationsOf(page)));
    await page.setViewportSize(PHONE);
    await keepScreenshot(page, 'overview-phone');
    faults.push(...(await violationsOf(page)), ...(await overflowOf(page)));
    await page.evaluate(`document.querySelector('.lanes').scrollIntoView()`);
    await keepScreenshot(page, 'overview-phone-lanes');
    expect(faults).toEqual([]);
  });
});
