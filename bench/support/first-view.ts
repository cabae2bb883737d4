import type { BrowserContext, Page } from 'playwright-core';

/** What a person waits for when they open a page that is not in the browser's cache. */
export type FirstView = {
  /** From the start of the navigation to the first table row in the page, ms. */
  readonly firstRowMs: number;
  /** From the start of the navigation to `whole`, ms. */
  readonly wholeMs: number;
  /** All bytes received until then, including headers. */
  readonly bytes: number;
};

/** Runs before the page's own scripts. It checks once per frame, when a person could see the row. */
const WATCH = `(() => {
  const look = () => {
    if (document.querySelector('.body [role=row]')) globalThis.firstRowMs = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()`;

/** Opens `url` in a new tab of `context`, and returns the tab. `whole` is a text that appears last. */
export const viewFirst = async (
  context: BrowserContext,
  url: string,
  whole: string,
): Promise<FirstView & { readonly page: Page }> => {
  const page = await context.newPage();
  await page.addInitScript(WATCH);
  const wire = await context.newCDPSession(page);
  let bytes = 0;
  wire.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  await wire.send('Network.enable');
  await page.goto(url, { waitUntil: 'commit' });
  await page.getByText(whole).first().waitFor();
  const [firstRowMs, wholeMs] = await page.evaluate<[number, number]>(
    '[globalThis.firstRowMs, performance.now()]',
  );
  return { page, firstRowMs, wholeMs, bytes };
};

export type Scroll = {
  readonly frames: number;
  /** Processor time of the page's thread per frame, of 16.7 ms available. */
  readonly cpuMs: number;
  /** 95 % of the frames came within this time after the previous frame. */
  readonly p95Ms: number;
  readonly worstMs: number;
  /** How often the page was unresponsive for more than 50 ms. */
  readonly longTasks: number;
};

const SCROLL = `new Promise((done) => {
  let longTasks = 0;
  new PerformanceObserver((list) => { longTasks += list.getEntries().length; })
    .observe({ entryTypes: ['longtask'] });
  const frames = [];
  // Reckoned and not asked: to ask where it stands would lay the page out in the middle of a frame.
  const bottom = document.documentElement.scrollHeight - innerHeight;
  let top = 0;
  let before = performance.now();
  const step = (now) => {
    frames.push(now - before);
    before = now;
    top += 200;
    scrollTo({ top, behavior: 'instant' });
    if (top < bottom) return requestAnimationFrame(step);
    const sorted = frames.slice(1).toSorted((a, b) => a - b);
    done({
      frames: sorted.length,
      p95Ms: sorted[Math.floor(sorted.length * 0.95)],
      worstMs: sorted.at(-1),
      longTasks,
    });
  };
  requestAnimationFrame(step);
})`;

/** Scrolls from top to bottom as fast as frames come, like a long, fast turn of the wheel. */
export const scrollThrough = async (page: Page): Promise<Scroll> => {
  const processor = await page.context().newCDPSession(page);
  await processor.send('Performance.enable', { timeDomain: 'threadTicks' });
  const seconds = async (): Promise<number> => {
    const { metrics } = await processor.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
  };
  const before = await seconds();
  const seen = await page.evaluate<Omit<Scroll, 'cpuMs'>>(SCROLL);
  return { ...seen, cpuMs: (((await seconds()) - before) * 1000) / seen.frames };
};
