import type { BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { buildWeb, isWebStale } from '../../../scripts/web-build.ts';
import { freePort } from '../../../sandbox/machine/network.ts';
import { type Dashboard, openDashboard } from './dashboard.ts';
import { type RunningBrowser, startBrowser, type Visitor } from './start-browser.ts';
import { API_TOKEN, type HelperOptions } from '../program/start-helper.ts';
import { type StageInUse, useStage } from '../stage/use-stage.ts';

export const VIEWER_TOKEN = 'a-viewer-token-for-tests-only-0123456789012';

export type Desk = Omit<Visitor, 'page' | 'openTab'> &
  Dashboard & {
    /** Another tab of the same person, already signed in. */
    readonly openTab: () => Promise<Dashboard>;
  };

/** A stage, and people who use its dashboard in a real browser. */
export type Desks = {
  readonly stage: StageInUse;
  readonly browser: RunningBrowser;
  /** A person who has not signed in. Nothing is loaded yet. */
  readonly approach: (options?: BrowserContextOptions) => Promise<Desk>;
  /** A person who has signed in. */
  readonly enter: (token?: string, options?: BrowserContextOptions) => Promise<Desk>;
};

/** A page asks whether somebody is signed in, and the browser reports "no" as a failure. */
const NOBODY_YET = /401.*\/api\/v1\/session\)/;

/** Two tokens with different roles. */
const TOKENS = [
  { name: 'oncall', role: 'operator', value: API_TOKEN },
  { name: 'guest', role: 'viewer', value: VIEWER_TOKEN },
];

/** A person at a browser, with the dashboard at `address`, which ends with a slash. */
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
      await page.goto(`${address}#/services`);
      await page.getByRole('navigation', { name: 'Main' }).waitFor();
      return openDashboard(page, address);
    },
  };
};

/**
 * Gives the tests of a file, or of the block that calls this, a stage and a browser (`useStage` says when). All
 * visitors leave after each test, which fails if one of their pages had a fault.
 */
export const useDesk = (options: Partial<HelperOptions> = {}): Desks => {
  const stage = useStage(async () => {
    if (isWebStale()) await buildWeb();
    return {
      // The same port after a restart.
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
