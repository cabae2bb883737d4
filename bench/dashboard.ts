import { Pool } from 'undici';
import { ensurePackages } from '../sandbox/machine/packages.ts';
import type { Page, ServiceView } from '../src/core/contract/views.ts';
import { startBrowser, type RunningBrowser } from '../test/support/browser/start-browser.ts';
import type { Benchmark } from './benchmark.ts';
import { figure } from './report.ts';
import { type FirstView, scrollThrough, viewFirst } from './support/first-view.ts';
import { median, quantile } from './support/quantile.ts';
import { type BuiltHelper, startBuiltHelper } from './support/start-built-helper.ts';
import { startFakes } from './support/start-fakes.ts';
import { pageOf, type SameBytes, startSameBytes } from './support/start-same-bytes.ts';

const SERVICES = 2000;
const IMAGES = 200;
/** The largest page of a list that the API returns. */
const PART = 500;
const VIEWS = 5;
const LISTS = 100;
const WARM_LISTS = 10;
const GOAL = 2;

/** Every page of the list of services, and the paths of these pages. */
const readParts = async (helper: BuiltHelper): Promise<{ paths: string[]; texts: string[] }> => {
  const paths: string[] = [];
  const texts: string[] = [];
  let cursor: string | null = null;
  do {
    const after: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const path = `/services?limit=${PART}${after}`;
    const part: Page<ServiceView> = await helper.get<Page<ServiceView>>(path);
    paths.push(`/api/v1${path}`);
    texts.push(JSON.stringify(part));
    cursor = part.next;
  } while (cursor !== null);
  return { paths, texts };
};

/** Times of reading all these paths one after another over a warm connection, alternating between the origins. */
const timeLists = async (
  sides: readonly {
    readonly origin: string;
    readonly token: string;
    readonly paths: readonly string[];
  }[],
): Promise<readonly (readonly number[])[]> => {
  const readers = sides.map((side) => ({
    ...side,
    pool: new Pool(side.origin),
    times: [] as number[],
  }));
  try {
    for (let list = -WARM_LISTS; list < LISTS; list += 1) {
      for (const { pool, paths, token, times } of readers) {
        const began = performance.now();
        for (const path of paths) {
          const headers = { authorization: `Bearer ${token}` };
          const answer = await pool.request({ method: 'GET', path, headers });
          await answer.body.arrayBuffer();
          if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode}`);
        }
        if (list >= 0) times.push(performance.now() - began);
      }
    }
    return readers.map(({ times }) => times);
  } finally {
    await Promise.all(readers.map(({ pool }) => pool.destroy()));
  }
};

/** Opens the page in a browser that has a session and an empty cache. */
const viewAnew = async (browser: RunningBrowser, url: string, whole: string, token?: string) => {
  const { context } = await browser.visit(new URL(url).origin, {
    viewport: { width: 1280, height: 800 },
  });
  if (token !== undefined) {
    const headers = { 'x-cd-helper': 'dashboard' };
    const answer = await context.request.post(`${url}api/v1/session`, { headers, data: { token } });
    if (!answer.ok()) throw new Error(`could not sign in: ${answer.status()}`);
  }
  return viewFirst(context, token === undefined ? url : `${url}#/services`, whole);
};

/** The dashboard's first view of very many services, compared with a static page of the same size. */
export const dashboard: Benchmark = {
  name: 'dashboard',
  about: 'first view of 2,000 services in a real browser, and their list from the API',
  run: async ({ tell, signal }) => {
    await ensurePackages(tell, signal, { chromium: 'chromium' });
    const fakes = await startFakes({ services: SERVICES, images: IMAGES, latencyMs: 0 });
    const helper = await startBuiltHelper({
      engineUrl: fakes.engineUrl,
      registries: [fakes.registry],
    });
    const browser = await startBrowser();
    const bare: SameBytes[] = [];
    try {
      await helper.post('/smart-redeploy', { dryRun: true });
      const whole = `${SERVICES} services`;
      const view = () => viewAnew(browser, `${helper.url}/`, whole, helper.token);
      tell('warming up');
      const { bytes, page } = await view();
      const { paths, texts } = await readParts(helper);
      const floor = await startSameBytes([pageOf(bytes), ...texts]);
      bare.push(floor);
      tell('scrolling');
      const bareView = () => viewAnew(browser, `${floor.url}/0`, 'row');
      const floorScroll = await scrollThrough((await bareView()).page);
      const scroll = await scrollThrough(page);
      await browser.leave();
      const views: FirstView[] = [];
      const floorViews: FirstView[] = [];
      for (let round = 0; round < VIEWS; round += 1) {
        tell(`view ${round + 1} of ${VIEWS}`);
        floorViews.push(await bareView());
        views.push(await view());
        await browser.leave();
      }
      tell('lists');
      const [floorLists = [], lists = []] = await timeLists([
        { origin: floor.url, token: '', paths: texts.map((_, index) => `/${index + 1}`) },
        { origin: helper.url, token: helper.token, paths },
      ]);
      const of = (all: readonly FirstView[], what: keyof FirstView): number =>
        median(all.map((one) => one[what]));
      return {
        benchmark: dashboard.name,
        figures: [
          figure({
            what: 'first row of 2,000 services',
            unit: 'ms',
            floor: of(floorViews, 'firstRowMs'),
            helper: of(views, 'firstRowMs'),
          }),
          figure({ what: 'all 2,000 known', unit: 'ms', helper: of(views, 'wholeMs') }),
          figure({
            what: 'processor time of a frame, scrolling',
            unit: 'ms',
            floor: floorScroll.cpuMs,
            helper: scroll.cpuMs,
          }),
          figure({
            what: 'frame while scrolling, p95',
            unit: 'ms',
            floor: floorScroll.p95Ms,
            helper: scroll.p95Ms,
          }),
          figure({
            what: 'list of 2,000 services, p50',
            unit: 'ms',
            floor: median(floorLists),
            helper: median(lists),
          }),
          figure({
            what: 'list of 2,000 services, p99',
            unit: 'ms',
            floor: quantile(floorLists, 0.99),
            helper: quantile(lists, 0.99),
            goal: GOAL,
          }),
        ],
        facts: {
          'bytes of the first view': bytes,
          'bytes of the list, not compressed': texts.join('').length,
          'frames while scrolling through': scroll.frames,
          'longest frame, ms': Math.round(scroll.worstMs),
          'longest frame of the floor, ms': Math.round(floorScroll.worstMs),
          'times the page hung for 50 ms while scrolling': scroll.longTasks,
        },
      };
    } finally {
      await browser.close();
      await Promise.all(bare.map((one) => one.stop()));
      await helper.stop();
      await fakes.stop();
    }
  },
};
