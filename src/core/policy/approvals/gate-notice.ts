import type { BuildFacts } from '../../image/published.ts';
import type { GateView } from '../gates/gate-state.ts';

export const GATE_NOTICE_STATES = ['waiting', 'ready', 'rejected', 'expired'] as const;
export type GateNoticeState = (typeof GATE_NOTICE_STATES)[number];

/** What happened to an image at the gates of a service, for notifications. */
export type GateNotice = {
  /** Names the event. */
  readonly id: string;
  readonly cluster: string;
  readonly service: { readonly id: string; readonly name: string };
  readonly stack: string | null;
  /** Normalised, with the tag to deploy: `docker.io/acme/web:v1`. */
  readonly image: string;
  /** The digest that the service has. */
  readonly from: string | null;
  readonly to: string;
  readonly fromTag: string;
  readonly toTag: string;
  readonly state: GateNoticeState;
  /** The closed ones; empty for `ready`. */
  readonly gates: readonly GateView[];
  /** Who voted, or rejected it. */
  readonly by: readonly string[];
  /** Why a person rejected it. */
  readonly reason: string | null;
  /** The digest that waited before and that this one replaced: its votes no longer count. */
  readonly replaced: string | null;
  /** The builds of both, if known. */
  readonly build: { readonly from: BuildFacts | null; readonly to: BuildFacts | null };
  /** The forge's comparison page of both commits; null if no forge has it, missing in older messages. */
  readonly compareUrl?: string | null;
  /** The one-time link to decide with. It is made when the message is sent, so it is null before. */
  readonly link: { readonly url: string; readonly expiresAt: string } | null;
  /** RFC 3339. */
  readonly at: string;
};
