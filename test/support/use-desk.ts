import type { BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { buildWeb, isWebStale } from '../../scripts/web-build.ts';
import { freePort } from '../../sandbox/machine/network.ts';
import { type Dashboard, openDashboard } from './dashboard.ts';
import { type RunningBrowser, startBrowser, type Visitor } from './start-browser.ts';
import { API_TOKEN, type HelperOptions } from './start-helper.ts';
import { type StageInUse, useStage } from './use-stage.ts';

export const VIEWER_TOKEN = 'a-viewer-token-for-tests-only-0123456789012';

export type Desk = Omit<Visitor, 'page' | 'openTab'> &
  Dashboard & {
    /** The same person in another tab, signed in already. */
    readonly openTab: () => Promise<Dashboard>;
  };

/** A stage, and people who look at its helper in a real browser. */
export type Desks = {
  readonly stage: StageInUse;
  readonly browser: RunningBrowser;
  /** Somebody who has not signed in; nothing is loaded yet. */
  readonly approach: (options?: BrowserContextOptions) => Promise<Desk>;
  /** Somebody who has. */
  readonly enter: (token?: string, options?: BrowserContextOptions) => Promise<Desk>;
};

/** A page asks whether somebody is signed in, and the browser takes "no" for a failure. */
const NOBODY_YET = /401.*\/api\/v1\/session\)/;

/** Two tokens, with the roles that there are. */
const TOKENS = [
  { name: 'oncall', role: 'operator', value: API_TOKEN },
  { name: 'guest', role: 'viewer', value: VIEWER_TOKEN },
];

/** Somebody at a browser, before the dashboard at `address`, which ends with a slash. */
export const approach = async (
  browser: RunningBrowser,
  address: string,
  options?: BrowserContextOptions,
): Promise<Desk> => {
  const visitor = await browser.visit(new URL(address).origin, options);
  visitor.allow(NOBODY_YET);
  return {
    ...visitor,
    ...openDashboard(visitor.page, address),
    openTab: async () => {
      const page = await visitor.openTab();
      await page.goto(address);
      await page.getByRole('navigation', { name: 'Main' }).waitFor();
      return openDashboard(page, address);
    },
  };
};

/**
 * Gives the tests of a file, or of the block that this is called in, a stage and a browser (`useStage`
 * says when); whoever came to it leaves after each test, which fails where a page of theirs was at fault.
 */
export const useDesk = (options: Partial<HelperOptions> = {}): Desks => {
  const stage = useStage(async () => {
    if (isWebStale()) await buildWeb();
    return {
      // The same one again after a restart.
      port: await freePort(),
      ...options,
      config: { api: { tokens: TOKENS }, ...options.config },
      env: { CD_HELPER_API_TOKEN: '', ...options.env },
    };
  });
  let browser: RunningBrowser | undefined;
  const opened = (): RunningBrowser => {
    if (browser === undefined) throw new Error('the browser is not open yet');
    return browser;
  };
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterEach(() => opened().leave());
  afterAll(() => browser?.close());
  const come = (more?: BrowserContextOptions): Promise<Desk> =>
    approach(opened(), `${stage.helper.url}/`, more);
  return {
    stage,
    get browser() {
      return opened();
    },
    approach: come,
    enter: async (token, more) => {
      const desk = await come(more);
      await desk.enter(token);
      return desk;
    },
  };
};
