import { afterAll, beforeAll } from 'vitest';
import { buildWeb, isWebStale } from '../../../scripts/web-build.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { ServiceView } from '../../../src/core/contract/views.ts';
import { type Receiver, startReceiver } from '../notify/notify-receiver.ts';
import { startBrowser, type RunningBrowser } from '../browser/start-browser.ts';
import { approach, type Desk } from '../browser/use-desk.ts';
import { type StageInUse, type StageOptions, useStage } from '../stage/use-stage.ts';
import { type Expected, lookEverywhere } from './look-everywhere.ts';
import { beginPlay, type Play, type PlayOptions } from './play.ts';
import { type Channel, channelOf } from './told.ts';

/** Crash loops are detected within a minute, and the machine may be busy. */
const PATIENCE_MS = 150_000;
const PHONE = { viewport: { width: 390, height: 844 } };

/** A stage, and everybody who is told or sees how its services are. Tests can use it at the same time. */
export type Watchers = Channel & {
  readonly stage: StageInUse;
  readonly play: (name: string, options?: PlayOptions) => Promise<Play>;
  readonly view: (name: string) => Promise<ServiceView>;
  /** Waits until the API's answer about a service passes the check. */
  readonly until: (
    name: string,
    what: string,
    is: (service: ServiceView) => boolean,
  ) => Promise<ServiceView>;
  /** Observes it in every possible way. `moment` names the screenshots. */
  readonly look: (name: string, moment: string, expected: Expected) => Promise<void>;
};

/** Like `useStage`, with a channel that receives everything and a person with a phone. */
export const useWatchers = (options: () => StageOptions = () => ({})): Watchers => {
  let receiver: Receiver | undefined;
  let browser: RunningBrowser | undefined;
  let desk: Desk | undefined;
  beforeAll(async () => {
    receiver = await startReceiver();
    if (isWebStale()) await buildWeb();
  });
  afterAll(() => receiver?.[Symbol.asyncDispose]());
  const stage = useStage(() => {
    const { config, ...more } = options();
    const notifications = [{ name: 'events', type: 'webhook', url: receiver?.url }];
    return { ...more, config: { ...config, notifications } };
  });
  beforeAll(async () => {
    browser = await startBrowser();
    desk = await approach(browser, `${stage.helper.url}/`, PHONE);
    await desk.enter();
  });
  afterAll(async () => {
    try {
      await browser?.leave();
    } finally {
      await browser?.close();
    }
  });
  const openTab: Desk['openTab'] = () => {
    if (desk === undefined) throw new Error('nobody has signed in yet');
    return desk.openTab();
  };
  const view = (name: string): Promise<ServiceView> =>
    stage.helper.get<ServiceView>(`/clusters/default/services/${name}`);
  return {
    ...channelOf(() => receiver?.received ?? []),
    stage,
    play: (name, more) => beginPlay(stage, name, more),
    view,
    until: (name, what, is) =>
      waitUntil(
        async () => {
          const found = await view(name);
          if (is(found)) return found;
          throw new Error(JSON.stringify(found));
        },
        { what: `${name}: ${what}`, withinMs: PATIENCE_MS, everyMs: 500 },
      ),
    look: (name, moment, expected) =>
      lookEverywhere({ helper: stage.helper, openTab }, name, moment, expected),
  };
};
