import type { BuildFacts } from '../../image/published.ts';
import type { GateView } from '../gates/gate-state.ts';

export const GATE_NOTICE_STATES = ['waiting', 'ready', 'rejected', 'expired'] as const;
export type GateNoticeState = (typeof GATE_NOTICE_STATES)[number];

/** What became of an image at the gates of a service, as people and programs outside are told. */
export type GateNotice = {
  /** Names the event. */
  readonly id: string;
  readonly cluster: string;
  readonly service: { readonly id: string; readonly name: string };
  readonly stack: string | null;
  /** Normalised, with the tag that it is to have: `docker.io/acme/web:v1`. */
  readonly image: string;
  /** What the service has. */
  readonly from: string | null;
  readonly to: string;
  readonly fromTag: string;
  readonly toTag: string;
  readonly state: GateNoticeState;
  /** The closed ones; for `ready` none. */
  readonly gates: readonly GateView[];
  /** Who voted, or rejected it. */
  readonly by: readonly string[];
  /** Why a person rejected it. */
  readonly reason: string | null;
  /** The digest that waited before and was replaced by this one: its votes count no more. */
  readonly replaced: string | null;
  /** What both were built from, if known. */
  readonly build: { readonly from: BuildFacts | null; readonly to: BuildFacts | null };
  /** The forge's page of what lies between both commits; null, or missing in older messages, where none has it. */
  readonly compareUrl?: string | null;
  /** The one-time link to decide by; made when the message is sent, so null before. */
  readonly link: { readonly url: string; readonly expiresAt: string } | null;
  /** RFC 3339. */
  readonly at: string;
};
