import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { HealthNotice } from '../../../src/core/health/health-notice.ts';
import type { Notice } from '../../../src/core/contract/notice.ts';
import type { Receiver } from '../notify/notify-receiver.ts';

/** 30 s until a failure is announced, an observation every 5 s, and time for a busy machine. */
const TOLD_WITHIN_MS = 150_000;

/** A message to a webhook channel, about the end of a deployment or about a service's health. */
export type Told = Omit<Notice, 'id'> | HealthNotice;

export type Channel = {
  /** The messages about a service, oldest first. */
  readonly told: (name: string) => readonly Told[];
  /** Waits for the first message with that state. */
  readonly untilTold: (name: string, state: Told['state']) => Promise<Told>;
  /** Only the messages about its health. */
  readonly incidents: (name: string) => readonly HealthNotice[];
};

/** The messages in `received`, by service. */
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
