import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { whyWithout } from '../../support/browser/browser-packages.ts';
import { deployShop } from '../../support/browser/deploy-shop.ts';
import { useDesk } from '../../support/browser/use-desk.ts';

const without = await whyWithout('chromium');
const WIDE = { viewport: { width: 1280, height: 720 } };
/** More than any of these tables can have. */
const MOST_TABS = 80;

/** What has the focus: its name, and which line of which table it is in; null for a line that is not of a table. */
const FOCUSED = `(() => {
  const one = document.activeElement;
  const row = one.closest('[role=row]');
  const table = one.closest('[role=table]');
  const isTitle = row?.parentElement?.classList.contains('head') ?? false;
  return {
    table: isTitle ? null : table?.getAttribute('aria-label') ?? null,
    line: row === null ? -1 : [...row.parentElement.children].indexOf(row),
    what: one.className === 'name' ? 'name' : one.getAttribute('aria-label') ?? one.innerText,
  };
})()`;
type Focused = { readonly table: string | null; readonly line: number; readonly what: string };

/** What Tab stops at in each row of the table, in the order of the rows. */
const stopsIn = async (page: Page, table: string): Promise<readonly (readonly string[])[]> => {
  const met: Focused[] = [];
  await page.getByRole('button', { name: 'Skip to content' }).focus();
  for (let pressed = 0; pressed < MOST_TABS; pressed += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate<Focused>(FOCUSED);
    if (focused.table === table) met.push(focused);
    else if (met.length > 0) break;
  }
  return [...Map.groupBy(met, ({ line }) => line).values()].map((stops) =>
    stops.map(({ what }) => what),
  );
};

describe.skipIf(without !== null)('the Tab key in a table, in a browser', () => {
  const desks = useDesk();
  beforeAll(async () => {
    await deployShop(desks.stage);
  });

  test.each<[string, string, readonly string[]]>([
    ['services', 'Services', ['name', 'Act on …']],
    ['deployments', 'Deployments', ['name']],
    ['hooks', 'Deliveries', ['name']],
    ['services/default/shop_api', 'History', ['name']],
  ])('%s: a row takes no more stops than it has places to go', async (place, table, stops) => {
    const desk = await desks.enter(undefined, WIDE);
    const { page } = desk;
    await desk.go(place);
    const rows = page.getByRole('table', { name: table }).locator('[role=row].row');
    await rows.nth(1).waitFor();
    // The first is that of the titles.
    const count = (await rows.count()) - 1;
    const found = await stopsIn(page, table);
    expect(found).toHaveLength(count);
    for (const row of found) {
      expect(row.map((what) => what.replace(/^Act on .*/, 'Act on …'))).toEqual(stops);
    }
  });

  test('what a row copies is no stop there, and is one on the page of what the row is about', async () => {
    const desk = await desks.enter(undefined, WIDE);
    const { page } = desk;
    const inRow = desk.row('Services', 'shop_web').getByRole('button', { name: /^Copy digest/ });
    await inRow.first().waitFor();
    expect(await inRow.first().getAttribute('tabindex')).toBe('-1');
    await desk.go('services/default/shop_web');
    await page.getByRole('heading', { name: 'History' }).waitFor();
    const onPage = page.locator('.facts').getByRole('button', { name: /^Copy digest/ });
    await onPage.first().waitFor();
    await onPage.first().focus();
    expect(await onPage.first().getAttribute('tabindex')).toBeNull();
  });
});
