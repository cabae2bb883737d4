import type { HealthNotice, HealthNoticeState } from '../health/health-notice.ts';
import type { Cause } from '../verdict/plan.ts';
import type { GateNotice, GateNoticeState } from '../policy/approvals/gate-notice.ts';
import type { BuildFacts } from '../image/published.ts';
import type { FinalState } from './final-state.ts';

/** What led to a deployment, in words for people. */
export type NoticeTrigger = {
  readonly kind: 'hook' | 'smart-redeploy' | 'schedule' | 'person';
  /** Id of the delivery or run, or the person's name. */
  readonly source: string;
  /** Which sender, or who started the run; null if unknown. */
  readonly by: string | null;
};

/** The end of one deployment, for notifications. */
export type Notice = {
  /** The deployment's id. A deployment ends once, so the id also identifies the event. */
  readonly id: string;
  readonly cluster: string;
  readonly service: { readonly id: string; readonly name: string };
  readonly stack: string | null;
  /** Normalised, with its tag: `docker.io/acme/web:v1`. */
  readonly image: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly fromTag: string;
  readonly toTag: string;
  /** What runs after the end, if known. */
  readonly runs: string | null;
  readonly cause: Cause;
  readonly state: FinalState;
  readonly reason: string | null;
  readonly failure: {
    readonly message: string;
    readonly node: string | null;
    readonly nodeName: string | null;
    readonly exitCode: number | null;
    /** The last lines of the failing container. Empty for channels that do not ask for them. */
    readonly log: readonly string[];
  } | null;
  readonly build: BuildFacts | null;
  readonly triggers: readonly NoticeTrigger[];
  /** RFC 3339. */
  readonly queuedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string;
};

/** The content of one message. Its id stays the same when it is sent again. */
export type Message =
  | {
      readonly kind: 'deployments';
      readonly id: string;
      /** The common cause of the notices: a push, a run or a person. */
      readonly group: string;
      /** At least one. */
      readonly notices: readonly Notice[];
    }
  | {
      readonly kind: 'health';
      readonly id: string;
      /** At least one. */
      readonly notices: readonly HealthNotice[];
    }
  | {
      readonly kind: 'gates';
      readonly id: string;
      /** At least one. */
      readonly notices: readonly GateNotice[];
    }
  | {
      readonly kind: 'test';
      readonly id: string;
      readonly at: string;
      readonly by: string;
      /** A sample of a one-time link, which decides nothing; null if the channel gets no links. */
      readonly trialLink: string | null;
    };

/** How sending ended. `detail` is one line for a person, without any part of the channel's address. */
export type SendOutcome =
  | { readonly kind: 'sent' }
  | {
      readonly kind: 'failed';
      /** Whether the receiver may accept the same message later. */
      readonly retryable: boolean;
      /** Maximum number of attempts, if the receiver's answer is too vague to retry for long; null means no limit. */
      readonly mostAttempts: number | null;
      /** How long the receiver asked the helper to wait, in ms. */
      readonly retryAfterMs: number | null;
      readonly detail: string;
    };

/** Sends once, within its own deadline. Throws only the signal's reason. */
export type Send = (message: Message, signal: AbortSignal) => Promise<SendOutcome>;

/** Globs; null limits nothing. */
export type NoticeFilter = {
  /** Null: every state that changed something or failed to, and all states of health and gates. */
  readonly states: readonly (FinalState | HealthNoticeState | GateNoticeState)[] | null;
  readonly clusters: readonly string[] | null;
  readonly stacks: readonly string[] | null;
  readonly services: readonly string[] | null;
};

/**
 * How long a one-time link is valid, in ms; null: until the deadline of the approval. That deadline ends it in any
 * case.
 */
export type LinkLife = { readonly forMs: number | null };

/** One receiver of notices. */
export type NoticeChannel = {
  readonly name: string;
  readonly type: string;
  readonly filter: NoticeFilter;
  /** Whether container log lines are included. */
  readonly logs: boolean;
  /** Whether its readers may vote by a one-time link in each message; null: messages contain no link. */
  readonly approve: LinkLife | null;
  /** Maximum number of notices in one message. */
  readonly noticesPerMessage: number;
  readonly send: Send;
};

/** The result of a test message. */
export type ChannelTestView = {
  readonly channel: string;
  readonly type: string;
  readonly ok: boolean;
  readonly detail: string;
};
