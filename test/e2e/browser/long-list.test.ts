import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ServiceView } from '../../../src/core/contract/views.ts';
import { buildWeb, isWebStale } from '../../../scripts/web-build.ts';
import { whyWithout } from '../../support/browser/browser-packages.ts';
import { type Desk, useDesk } from '../../support/browser/use-desk.ts';
import { serviceOf } from '../../support/http/api-samples.ts';

const without = await whyWithout('chromium');
const SERVICES = 2_000;
const WIDE = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 740 };

/** The rows in the page, from top to bottom: number, key, place on the screen. */
const ROWS = `[...document.querySelectorAll('.in-part > [role=row]')].map((row) => {
  const { top, bottom } = row.getBoundingClientRect();
  return { index: Number(row.dataset.index), text: row.innerText, top, bottom };
})`;
type Row = {
  readonly index: number;
  readonly text: string;
  readonly top: number;
  readonly bottom: number;
};

/** In frames, because the list is drawn and measured in turn. */
const AFTER_FRAMES = `new Promise((done) => {
  let left = 20;
  const next = () => (left-- === 0 ? done() : requestAnimationFrame(next));
  next();
})`;

const rowsAt = async (page: Page, top: string): Promise<readonly Row[]> => {
  await page.evaluate(`scrollTo({ top: ${top}, behavior: 'instant' })`);
  await page.evaluate(AFTER_FRAMES);
  return page.evaluate<readonly Row[]>(ROWS);
};

/** What is wrong with the rows: gaps, overlaps, or a part of the screen without any. */
const faultsOf = (rows: readonly Row[], screen: number, gap: number): readonly string[] => {
  const sorted = rows.toSorted((a, b) => a.index - b.index);
  const faults = sorted.slice(1).flatMap((row, place) => {
    const before = sorted[place];
    if (before === undefined) return [];
    const between = row.top - before.bottom;
    return Math.abs(between - gap) < 1.5
      ? []
      : [`${between} px between rows ${before.index} and ${row.index}`];
  });
  const [first] = sorted;
  const last = sorted.at(-1);
  if (first === undefined || last === undefined) return ['no row'];
  if (first.top > 60 && first.index > 0) faults.push(`nothing above ${first.top} px`);
  if (last.bottom < screen && last.index < SERVICES) faults.push(`nothing below ${last.bottom} px`);
  return faults;
};

describe.skipIf(without !== null)('a list of thousands of rows, in a browser', () => {
  const desks = useDesk();
  beforeAll(async () => {
    if (isWebStale()) await buildWeb();
  });

  /** Names of different lengths, so that rows have different heights. */
  const services: readonly ServiceView[] = Array.from({ length: SERVICES }, (_, index) =>
    serviceOf({
      name: `service-${String(index).padStart(4, '0')}${'-long-name'.repeat(index % 7)}`,
      stack: 'shop',
    }),
  );

  const open = async (viewport: typeof WIDE): Promise<Desk> => {
    const desk = await desks.approach({ viewport });
    await desk.page.route(/\/api\/v1\/services\?/, (route) =>
      route.fulfill({ json: { items: services, next: null } }),
    );
    await desk.enter();
    await desk.row('Services', 'service-0000').waitFor();
    return desk;
  };

  test.each([
    ['lines', WIDE, 0],
    ['cards', PHONE, 8],
  ])('as %s, rows fill the screen wherever one scrolls to', async (_, viewport, gap) => {
    const { page } = await open(viewport);
    const drawn = await page.evaluate<number>(`${ROWS}.length`);
    expect(drawn).toBeLessThan(100);
    for (const top of ['400', '5_000', '40_000', '30_000', '31_000', '0']) {
      expect(faultsOf(await rowsAt(page, top), viewport.height, gap), `at ${top}`).toEqual([]);
    }
    const last = await rowsAt(page, 'document.documentElement.scrollHeight');
    const end = await rowsAt(page, 'document.documentElement.scrollHeight');
    expect(faultsOf(end, viewport.height, gap)).toEqual([]);
    expect(last.length).toBeGreaterThan(0);
    // The heading of the stack is the first line.
    expect(end.at(-1)).toMatchObject({ index: SERVICES });
    expect(end.at(-1)?.text).toContain('service-1999');
  });

  test('what is read stays where it is while rows above it are measured', async () => {
    const { page } = await open(PHONE);
    await rowsAt(page, '60_000');
    const before = await rowsAt(page, 'scrollY');
    const read = before.find(({ top }) => top > 100);
    const after = await rowsAt(page, 'scrollY');
    const same = after.find(({ index }) => index === read?.index);
    expect(same?.top).toBeCloseTo(read?.top ?? Number.NaN, 0);
    // Upwards, where rows are measured for the first time.
    for (let step = 0; step < 5; step += 1) {
      expect(faultsOf(await rowsAt(page, 'scrollY - 700'), PHONE.height, 8)).toEqual([]);
    }
  });

  test('a narrower window turns lines into cards at their own places', async () => {
    const { page } = await open(WIDE);
    await rowsAt(page, '20_000');
    await page.setViewportSize(PHONE);
    await page.evaluate(AFTER_FRAMES);
    expect(faultsOf(await rowsAt(page, 'scrollY'), PHONE.height, 8)).toEqual([]);
  });
});
