import type { Generated } from 'kysely';
import type { PushOutcome } from '../../core/check/conclude-check.ts';

export type DeliveryRow = {
  id: string;
  received_at: number;
  sender: string;
  secret: string;
  address: string;
  status: number;
  sender_delivery_id: string | null;
  duplicate_of: string | null;
  /** JSON object; null if nothing but ignored events. */
  headers: string | null;
  body: string | null;
  /** JSON array of ignored events. */
  ignored: string;
  /** 1 if at least one push was taken from it. */
  counted: number;
};

/** How often a sender sent something that asks for nothing. */
export type IgnoredCountRow = {
  sender: string;
  secret: string;
  reason: string;
  count: number;
  last_at: number;
};

export type PushRow = {
  id: Generated<number>;
  delivery_id: string;
  /** Registry and repository. */
  name: string;
  tag: string;
  digest: string | null;
  received_at: number;
};

/** The result of a push on one cluster. */
export type PushResultRow = {
  push_id: number;
  cluster: string;
  name: string;
  state: 'waiting' | 'done';
  /** One word once something is known, see PushOutcome. */
  outcome: PushOutcome | null;
  /** One line for a person. */
  detail: string | null;
  ended_at: number | null;
  /** What its checks found, see {@link CheckRow}; null before the first. */
  check_id: Generated<number | null>;
};
