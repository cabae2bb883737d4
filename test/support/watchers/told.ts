import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { HealthNotice } from '../../../src/core/health/health-notice.ts';
import type { Notice } from '../../../src/core/contract/notice.ts';
import type { Receiver } from '../notify-receiver.ts';

/** 30 s until a failure is announced, an observation every 5 s, and a busy machine. */
const TOLD_WITHIN_MS = 150_000;

/** What a webhook channel was sent: of a deployment that ended, or of a service's health. */
export type Told = Omit<Notice, 'id'> | HealthNotice;

export type Channel = {
  /** What was sent of a service, oldest first. */
  readonly told: (name: string) => readonly Told[];
  /** Waits for the first in that state. */
  readonly untilTold: (name: string, state: Told['state']) => Promise<Told>;
  /** Those of its health only. */
  readonly incidents: (name: string) => readonly HealthNotice[];
};

/** What `received` holds, by service. */
export const channelOf = (received: () => Receiver['received']): Channel => {
  const told = (name: string): readonly Told[] =>
    received()
      .map(({ body }) => (body as { data: { customData: Told } }).data.customData)
      .filter(({ service }) => service?.name === name);
  return {
    told,
    incidents: (name) => told(name).filter((one): one is HealthNotice => 'incident' in one),
    untilTold: (name, state) =>
      waitUntil(
        async () => {
          const found = told(name).find((one) => one.state === state);
          if (found !== undefined) return found;
          throw new Error(JSON.stringify(told(name)));
        },
        { what: `${name} is announced as ${state}`, withinMs: TOLD_WITHIN_MS, everyMs: 250 },
      ),
  };
};
