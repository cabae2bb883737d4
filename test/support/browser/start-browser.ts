import {
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';

/** The path in Debian's package. */
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
  // Chromium drops its HTTP/2 connections, with all requests in progress, whenever an address is added to or removed
  // from an interface of the machine. The sandbox does that.
  '--disable-http2',
  // The browser resolves no names outside this machine.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];
const START_WITHIN_MS = 60_000;
/** The longest wait for anything on a page. Rollouts of the real engine take tens of seconds. */
const PATIENCE_MS = 60_000;

/** A person at a browser, with separate cookies and one allowed origin. */
export type Visitor = {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Another tab of the same person. */
  readonly openTab: () => Promise<Page>;
  /** From now on, a complaint of the page that matches is not a fault. */
  readonly allow: (complaint: RegExp) => void;
};

export type RunningBrowser = {
  readonly visit: (origin: string, options?: BrowserContextOptions) => Promise<Visitor>;
  /**
   * Closes every tab of every visitor, and throws their faults: an error in a script or on the console, a violation of
   * the Content-Security-Policy, or a request to another origin.
   */
  readonly leave: () => Promise<void>;
  readonly close: () => Promise<void>;
};

const isOf = (origin: string, address: string): boolean => {
  const { protocol } = new URL(address);
  return protocol === 'data:' || protocol === 'blob:' || new URL(address).origin === origin;
};

/** Adds to `faults` everything that a page of `context` must not do. */
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
 * A real headless browser with a temporary profile. A pipe connects it to this process, so it ends with it, however
 * that ends.
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
