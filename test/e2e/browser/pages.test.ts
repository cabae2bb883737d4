import { beforeAll, describe, expect, test } from 'vitest';
import { overflowOf, violationsOf } from '../../support/browser/audit-page.ts';
import { whyWithout } from '../../support/browser/browser-packages.ts';
import { deployShop, type Shop } from '../../support/browser/deploy-shop.ts';
import { keepScreenshot } from '../../support/browser/keep-screenshot.ts';
import { type Desk, useDesk } from '../../support/browser/use-desk.ts';

const without = await whyWithout('chromium');

const WIDE = { width: 1280, height: 720 };
/** The narrowest that has tables; below it each row is a card. */
const TABLET = { width: 960, height: 720 };
const PHONE = { width: 360, height: 740 };

/** Each page, with a text that is there once it is whole, and the picture of it that the guide has. */
const PAGES: readonly {
  readonly title: string;
  readonly place: (shop: Shop) => string;
  readonly text: string | RegExp;
  readonly picture?: string;
}[] = [
  { title: 'overview', place: () => '', text: 'Last 30 days' },
  { title: 'services', place: () => 'services', text: 'shop_web', picture: 'services' },
  { title: 'services by version', place: () => 'services?sort=build', text: 'shop_web' },
  { title: 'a service', place: () => 'services/default/shop_api', text: 'rolled-back' },
  { title: 'deployments', place: () => 'deployments', text: 'shop_api' },
  {
    title: 'a deployment that failed',
    place: ({ failed }) => `deployments/${failed}`,
    text: /giving up with exit code/,
    picture: 'deployment-failed',
  },
  { title: 'SmartRedeploy', place: () => 'smart-redeploy', text: 'done' },
  {
    title: 'a dry run',
    place: ({ dryRun }) => `smart-redeploy/${dryRun}`,
    text: 'shop_worker',
    picture: 'smart-redeploy',
  },
  { title: 'hooks', place: () => 'hooks', text: 'shop/landing', picture: 'hooks' },
  {
    title: 'a delivery',
    place: ({ delivery }) => `hooks/${delivery}`,
    text: 'led to a deployment',
  },
  { title: 'health', place: () => 'health', text: 'the index is being rebuilt' },
  { title: 'no page at all', place: () => 'nowhere', text: 'This page does not exist.' },
];

const closeDialog = async (desk: Desk): Promise<void> => {
  await desk.page.keyboard.press('Escape');
  await desk.page.getByRole('dialog').waitFor({ state: 'detached' });
};

describe.skipIf(without !== null)('every page, in a browser', () => {
  const desks = useDesk();
  let shop: Shop;
  beforeAll(async () => {
    shop = await deployShop(desks.stage);
  });

  /** What is wrong with what is shown now, dark and light, and on narrow screens. */
  const faultsOf = async ({ page }: Desk): Promise<readonly string[]> => {
    const faults: string[] = [];
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      faults.push(...(await violationsOf(page)).map((fault) => `${colorScheme}: ${fault}`));
    }
    await page.setViewportSize(TABLET);
    faults.push(...(await overflowOf(page)));
    await page.setViewportSize(PHONE);
    faults.push(...(await overflowOf(page)));
    faults.push(...(await violationsOf(page)).map((fault) => `narrow: ${fault}`));
    await page.setViewportSize(WIDE);
    return faults;
  };

  test('signing in', async () => {
    const desk = await desks.approach({ viewport: WIDE });
    await desk.page.goto(`${desks.stage.helper.url}/`);
    await desk.signIn('wrong');
    await desk.page.getByRole('alert').waitFor();
    expect(await faultsOf(desk)).toEqual([]);
  });

  test.each(PAGES)('$title', async ({ place, text, picture }) => {
    const desk = await desks.enter(undefined, { viewport: WIDE, colorScheme: 'dark' });
    const { page } = desk;
    await desk.go(place(shop));
    await page.getByRole('main').getByText(text).first().waitFor();
    await page.getByText('Loading').first().waitFor({ state: 'detached' });
    if (picture !== undefined) {
      await keepScreenshot(page, picture);
      if (picture === 'services') {
        await page.emulateMedia({ colorScheme: 'light' });
        await keepScreenshot(page, 'services-light');
        await page.setViewportSize(PHONE);
        await keepScreenshot(page, 'services-phone');
        await page.setViewportSize(WIDE);
      }
    }
    expect(await faultsOf(desk)).toEqual([]);
  });

  test('the search of deployments asks the helper once typing pauses', async () => {
    const desk = await desks.enter(undefined, { viewport: WIDE });
    const { page } = desk;
    await desk.go('deployments');
    await desk.row('Deployments', 'shop_web').first().waitFor();
    const asked = new Set<string | null>();
    page.on('request', (request) => {
      const { pathname, searchParams } = new URL(request.url());
      if (pathname === '/api/v1/deployments') asked.add(searchParams.get('q'));
    });
    await page.getByLabel('Search').pressSequentially('SHOP_api 5.0', { delay: 20 });
    await desk.row('Deployments', 'shop_web').first().waitFor({ state: 'detached' });
    expect(await desk.row('Deployments', 'shop_api').count()).toBeGreaterThan(0);
    expect([...asked].filter((q) => q !== null)).toEqual(['SHOP_api 5.0']);

    await page.getByLabel('Search').fill('nobody');
    await page.getByText('No deployment matches.').waitFor();
    await page.getByRole('button', { name: 'Show all' }).click();
    await desk.row('Deployments', 'shop_web').first().waitFor();
    expect(page.url()).not.toContain('q=');
  });

  test('every dialog', async () => {
    const desk = await desks.enter(undefined, { viewport: WIDE });
    const { page } = desk;
    const faults: string[] = [];
    const look = async (open: () => Promise<unknown>): Promise<void> => {
      await open();
      await page.getByRole('dialog').last().waitFor();
      await page.getByText('Loading').first().waitFor({ state: 'detached' });
      faults.push(...(await faultsOf(desk)));
      await closeDialog(desk);
    };
    const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
    await look(() => page.getByRole('button', { name: /^Account/ }).click());
    await look(() => press('Act on shop_web'));
    await desk.go('services/default/shop_api');
    for (const act of ['Redeploy', 'Roll back', 'Check now', 'Release', 'Freeze']) {
      await look(() => desk.openAct(act, 'shop_api'));
    }
    await desk.go(`smart-redeploy/${shop.dryRun}`);
    await look(() => press('Deploy all 2'));
    await desk.go(`hooks/${shop.delivery}`);
    await look(() => press('Replay'));
    await desk.go('health');
    await look(() => press('Freeze…'));
    await look(() => page.getByRole('button', { name: /^Lift the freeze of/ }).click());
    expect(faults).toEqual([]);
  });
});
