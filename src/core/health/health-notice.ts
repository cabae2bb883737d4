import type { HealthName, HealthView } from './health.ts';

export const HEALTH_NOTICE_STATES = ['failing', 'recovered', 'known-bad-deployed'] as const;
export type HealthNoticeState = (typeof HEALTH_NOTICE_STATES)[number];

/** A change in a service's health, for notifications, whoever deployed it. */
export type HealthNotice = {
  /** Names the event. */
  readonly id: string;
  /** The same for a failure and the recovery from it. */
  readonly incident: string;
  readonly cluster: string;
  readonly service: { readonly id: string; readonly name: string };
  readonly stack: string | null;
  /** Normalised, with its tag: `docker.io/acme/web:v1`. */
  readonly image: string;
  /** The digest in the spec; null if it names none. */
  readonly digest: string | null;
  readonly state: HealthNoticeState;
  readonly health: HealthName;
  /** Why it fails, or the kind of hold on the digest. */
  readonly reason: string | null;
  /** The same in one line for a person. */
  readonly message: string;
  /** RFC 3339: since when. */
  readonly since: string | null;
  readonly restarts: HealthView['restarts'];
  readonly lastError: HealthView['lastError'];
  /** RFC 3339. */
  readonly at: string;
};
