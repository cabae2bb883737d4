import type { Generated } from 'kysely';

/** A deployment that ended and is not announced yet. */
export type NotificationRow = { deployment_id: string; ended_at: number };

/** A message to one channel, sent or not. */
export type NotificationMessageRow = {
  id: string;
  channel: string;
  /** JSON, see Message. */
  content: string;
  state: 'waiting' | 'sent' | 'failed';
  created_at: number;
  /** The earliest time to send it. */
  run_at: number;
  /** When `run_at` was set; null if an earlier version set it. */
  set_at: Generated<number | null>;
  /** The latest time to send it. */
  give_up_at: number;
  attempts: number;
  /** One line for a person. */
  last_error: string | null;
  ended_at: number | null;
};

/** A health problem of a service that was announced and is not over. */
export type ToldHealthRow = {
  cluster: string;
  service_id: string;
  /** `held`: somebody else deployed a held digest. */
  kind: 'failing' | 'held';
  /** The held digest; empty for `failing`. */
  subject: string;
  /** Id of the announcement. */
  incident: string;
  told_at: number;
};
