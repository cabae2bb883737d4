import type { BrowserContext, Page } from 'playwright-core';

/** What a person waits for who opens a page that the browser does not know yet. */
export type FirstView = {
  /** From the start of the navigation to the first row of a table that stands in the page, ms. */
  readonly firstRowMs: number;
  /** From the start of the navigation to `whole`, ms. */
  readonly wholeMs: number;
  /** All that came over the wire until then, headers included. */
  readonly bytes: number;
};

/** Runs before anything of the page does; frames are when a person could see it. */
const WATCH = `(() => {
  const look = () => {
    if (document.querySelector('.body [role=row]')) globalThis.firstRowMs = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()`;

/** Opens `url` in a new tab of `context`, and gives the tab; `whole` is a text that is there at the end. */
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
  /** Processor time of the page's thread for a frame; of 16.7 ms that it has. */
  readonly cpuMs: number;
  /** 95 of 100 frames came within so many ms of the one before. */
  readonly p95Ms: number;
  readonly worstMs: number;
  /** Times that the page did not answer for more than 50 ms. */
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

/** Scrolls from the top to the bottom, as fast as frames come: a quick turn of the wheel, held. */
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
