import {
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';

/** Debian's. */
const CHROMIUM = '/usr/bin/chromium';
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // It drops its HTTP/2 connections, and with them what is under way, whenever an address comes to or goes
  // from any interface of the machine; the sandbox makes some.
  '--disable-http2',
  // Whatever it would ask outside of this machine, it does not find.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];
const START_WITHIN_MS = 60_000;
/** Longest that anything on a page is waited for; rollouts of the real engine take tens of seconds. */
const PATIENCE_MS = 60_000;

/** A person at a browser: cookies of their own, and one origin where they may go. */
export type Visitor = {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Another tab of the same person. */
  readonly openTab: () => Promise<Page>;
  /** What the page complains about and this matches is no fault from now on. */
  readonly allow: (complaint: RegExp) => void;
};

export type RunningBrowser = {
  readonly visit: (origin: string, options?: BrowserContextOptions) => Promise<Visitor>;
  /**
   * Closes every tab of every visitor, and throws what was wrong with them: an error in a script or on the
   * console, what the Content-Security-Policy refused, or a request to another origin.
   */
  readonly leave: () => Promise<void>;
  readonly close: () => Promise<void>;
};

const isOf = (origin: string, address: string): boolean => {
  const { protocol } = new URL(address);
  return protocol === 'data:' || protocol === 'blob:' || new URL(address).origin === origin;
};

/** Notes in `faults` whatever a page of `context` does that it should not. */
const watch = (context: BrowserContext, origin: string, faults: string[]): void => {
  context.on('request', (request) => {
    if (!isOf(origin, request.url())) faults.push(`asked ${request.url()}`);
  });
  context.on('console', (message) => {
    if (message.type() !== 'error') return;
    faults.push(`said: ${message.text()} (${message.location().url})`);
  });
  context.on('weberror', (error) => faults.push(`threw: ${String(error.error().stack)}`));
};

/**
 * A real browser without a window, with a profile of its own that is gone afterwards. It ends with this
 * process in whatever way that ends, for it hears it through a pipe.
 */
export const startBrowser = async (): Promise<RunningBrowser> => {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: FLAGS,
    timeout: START_WITHIN_MS,
  });
  const visits = new Map<BrowserContext, () => readonly string[]>();
  return {
    visit: async (origin, options = {}) => {
      const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
      context.setDefaultTimeout(PATIENCE_MS);
      const faults: string[] = [];
      const allowed: RegExp[] = [];
      watch(context, origin, faults);
      visits.set(context, () =>
        faults.filter((fault) => !allowed.some((pattern) => pattern.test(fault))),
      );
      return {
        context,
        page: await context.newPage(),
        openTab: () => context.newPage(),
        allow: (complaint) => void allowed.push(complaint),
      };
    },
    leave: async () => {
      const left = [...visits];
      visits.clear();
      await Promise.all(left.map(([context]) => context.close()));
      const faults = left.flatMap(([, faultsOf]) => faultsOf());
      if (faults.length > 0) throw new Error(`the page ${faults.join('\nthe page ')}`);
    },
    close: () => browser.close(),
  };
};
