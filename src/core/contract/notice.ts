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
  /** Which sender, or who started the run; null where nobody is known. */
  readonly by: string | null;
};

/** The end of one deployment, as people and programs outside are told of it. */
export type Notice = {
  /** The deployment's id: it ends once, so this names the event too. */
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
  /** What runs after the end, where that is known. */
  readonly runs: string | null;
  readonly cause: Cause;
  readonly state: FinalState;
  readonly reason: string | null;
  readonly failure: {
    readonly message: string;
    readonly node: string | null;
    readonly nodeName: string | null;
    readonly exitCode: number | null;
    /** The failing container's last lines; empty for channels that do not ask for them. */
    readonly log: readonly string[];
  } | null;
  readonly build: BuildFacts | null;
  readonly triggers: readonly NoticeTrigger[];
  /** RFC 3339. */
  readonly queuedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string;
};

/** What is sent in one piece. Its id stays the same however often it is sent. */
export type Message =
  | {
      readonly kind: 'deployments';
      readonly id: string;
      /** What the notices have in common: the push, run or person that led to them. */
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
      /** Shows what a link to decide by looks like, and decides nothing; null where the channel gets none. */
      readonly trialLink: string | null;
    };

/** How sending ended. `detail` is one line for a person, without anything of the channel's address. */
export type SendOutcome =
  | { readonly kind: 'sent' }
  | {
      readonly kind: 'failed';
      /** Whether the same message may be taken later. */
      readonly retryable: boolean;
      /** Attempts after which more would do harm, where the receiver says so little; null: no such bound. */
      readonly mostAttempts: number | null;
      /** How long the receiver asked to be left alone, in ms. */
      readonly retryAfterMs: number | null;
      readonly detail: string;
    };

/** Sends once, within a deadline of its own. Throws nothing but the signal's reason. */
export type Send = (message: Message, signal: AbortSignal) => Promise<SendOutcome>;

/** Globs; null limits nothing. */
export type NoticeFilter = {
  /** Null: every state that changed something or failed to, and all of health and of gates. */
  readonly states: readonly (FinalState | HealthNoticeState | GateNoticeState)[] | null;
  readonly clusters: readonly string[] | null;
  readonly stacks: readonly string[] | null;
  readonly services: readonly string[] | null;
};

/** How long a one-time link is valid, in ms; null: until the deadline of the approval, which ends it in any case. */
export type LinkLife = { readonly forMs: number | null };

/** One receiver of notices. */
export type NoticeChannel = {
  readonly name: string;
  readonly type: string;
  readonly filter: NoticeFilter;
  /** Whether container log lines are sent along. */
  readonly logs: boolean;
  /** Whether those who read it may vote, each message bringing a one-time link; null: it brings none. */
  readonly approve: LinkLife | null;
  /** Notices that go into one message. */
  readonly noticesPerMessage: number;
  readonly send: Send;
};

/** What became of a test message. */
export type ChannelTestView = {
  readonly channel: string;
  readonly type: string;
  readonly ok: boolean;
  readonly detail: string;
};
