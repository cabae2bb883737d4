import type { Readable } from 'node:stream';
import type { Registry } from 'prom-client';
import type {
  AcceptedDelivery,
  HookLimits,
  IncomingDelivery,
  NewDelivery,
  ReadDelivery,
} from '../../core/contract/delivery.ts';
import type { Log } from '../../core/log.ts';
import type { AskedPush } from '../../core/outcome/asked-push.ts';
import type { Telling } from '../../core/outcome/build-outcome.ts';
import type { OutcomeView } from '../../core/outcome/outcome.ts';
import type { OutcomeAsk } from '../../core/outcome/outcome-ask.ts';
import type { ApprovalLinks } from '../../core/policy/approvals/approval-links.ts';
import type { WaitingView } from '../../core/policy/approvals/waiting-view.ts';
import type { Reads } from '../../core/contract/reads.ts';
import type { Role } from '../../core/contract/role.ts';
import type { Scope } from '../../core/contract/scope.ts';
import type { ChannelTestView } from '../../core/contract/notice.ts';
import type { DeliveryView } from '../../core/contract/delivery-views.ts';
import type {
  DeploymentView,
  FreezeView,
  ServiceView,
  StoreView,
} from '../../core/contract/views.ts';
import type { RunRequest, RunView } from '../../core/contract/run-views.ts';

/** A text that is only shown on an explicit call of this method. */
export type Revealable = { readonly reveal: () => string };

export type HookSecret = HookLimits & {
  readonly name: string;
  readonly value: Revealable;
  /** Addresses and CIDR networks that may use it; null limits nothing. */
  readonly networks: readonly string[] | null;
  /** If present, the request must also contain a token that proves it. */
  readonly oidc: object | null;
  /** Whether it may query the outcome of a push. */
  readonly outcome: boolean;
  /** Whether it gets the log of a failing container. */
  readonly logs: boolean;
};

/**
 * The result of checking a sender's token. `absent`: it is not a token that could prove anything. `unknown`: it cannot
 * be determined now; the sender must retry.
 */
export type TokenProof =
  | { readonly kind: 'absent' | 'wrong' | 'unknown' }
  | { readonly kind: 'right'; readonly secrets: readonly HookSecret[] };

export type ApiToken = {
  readonly name: string;
  readonly role: Role;
  /** Empty if only its hash is known. */
  readonly value: Revealable;
  /** SHA-256 in hexadecimal digits. Tokens in requests are compared with it. */
  readonly hash: string;
  /** The only clusters and stacks that it sees and acts on; null if it is not limited. */
  readonly scope: Scope | null;
  /** RFC 3339; null if it never expires. */
  readonly expiresAt: string | null;
};

/** Interprets deliveries. No function throws. */
export type Intake = {
  /** Whether these headers could come from a sender that signs, or that uses its own token. */
  readonly mayProve: (headers: IncomingDelivery['headers']) => boolean;
  readonly read: (delivery: IncomingDelivery, shown: HookSecret | null) => ReadDelivery<HookSecret>;
  /** Parses the image of a query. With a secret, only an image that it could announce. */
  readonly asked: (image: string, digest: string | null, secret: HookSecret | null) => AskedPush;
  readonly mayAnnounce: (secret: HookSecret, name: string) => boolean;
};

/** A query for the outcome of a push. */
export type OutcomeRequest = {
  /** The client. Its answers are not shared with others. */
  readonly who: string;
  readonly ask: OutcomeAsk;
  /** The only clusters in the query; null: all clusters of the pushes. */
  readonly clusters: readonly string[] | null;
  /** Clusters that the client may know about; null: all. */
  readonly allowed: readonly string[] | null;
  readonly mayTell: (name: string) => boolean;
  readonly telling: Telling;
  /** In ms; 0: answer at once. */
  readonly waitMs: number;
  /** The version that the client has: any other version is answered at once. Null: only a final state is. */
  readonly known: string | null;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
};

/** Null: there is no such delivery, or the client may not know about it. */
export type AskOutcome = (request: OutcomeRequest) => Promise<OutcomeView | null>;

/** One service, by its cluster and its name or id. */
export type ServiceKey = { readonly cluster: string; readonly service: string };

/** Who acts, from where, and a signal that aborts when nobody waits for the action any more. */
export type By = {
  readonly actor: string;
  readonly role: Role;
  readonly address: string;
  readonly signal: AbortSignal;
};

export type FreezeRequest = {
  readonly cluster: string | null;
  readonly stack: string | null;
  readonly service: string | null;
  readonly reason: string;
  readonly until: string | null;
};

/** The actions of people. Each may throw `ActRefused` or `ClusterError`. */
export type Acts = {
  /** A dry run is answered when it has finished, any other run as soon as it is stored. */
  readonly startRun: (request: RunRequest, by: By) => Promise<RunView>;
  /** Queries cluster and registry now. */
  readonly check: (key: ServiceKey, by: By) => Promise<ServiceView>;
  readonly redeploy: (
    key: ServiceKey,
    options: {
      readonly force: boolean;
      /** Skips every gate of the service, for this reason; null: skips none. */
      readonly skipGates: { readonly reason: string } | null;
    },
    by: By,
  ) => Promise<DeploymentView>;
  readonly rollback: (
    key: ServiceKey,
    options: { readonly to: string | null; readonly force: boolean },
    by: By,
  ) => Promise<DeploymentView>;
  readonly release: (key: ServiceKey, by: By) => Promise<ServiceView>;
  readonly approve: (
    key: ServiceKey,
    options: { readonly digest: string | null },
    by: By,
  ) => Promise<WaitingView>;
  readonly reject: (
    key: ServiceKey,
    options: { readonly digest: string | null; readonly reason: string },
    by: By,
  ) => Promise<WaitingView>;
  readonly replay: (delivery: string, by: By) => Promise<DeliveryView>;
  readonly freeze: (request: FreezeRequest, by: By) => Promise<FreezeView>;
  readonly thaw: (id: string, by: By) => Promise<void>;
  /** Sends a test message to the channel, or with null to all. */
  readonly testNotifications: (
    request: { readonly channel: string | null },
    by: By,
  ) => Promise<readonly ChannelTestView[]>;
};

/** An idempotency key. Each token has its own keys. */
export type RequestKey = {
  readonly actor: string;
  readonly key: string;
  /** Identifies the request. */
  readonly request: string;
};

/** Stores answers to actions for a day. */
export type RequestKeys = {
  /** Takes a key for a request that is about to be carried out, or returns what became of the earlier one. */
  readonly take: (key: RequestKey) => Promise<
    | { readonly kind: 'new' | 'other-request' | 'unfinished' }
    | {
        readonly kind: 'answered';
        readonly answer: { readonly status: number; readonly body: string | null };
      }
  >;
  readonly keep: (
    key: RequestKey,
    answer: { readonly status: number; readonly body: string | null },
  ) => Promise<void>;
  readonly forget: (key: RequestKey) => Promise<void>;
};

/** A snapshot of the whole store, as a file. */
export type Backup = {
  readonly content: Readable;
  readonly bytes: number;
  /** RFC 3339. */
  readonly at: string;
};

type OpenSession = { readonly token: ApiToken; readonly expiresAt: string };

/** Sign-ins with a token that outlive a request and a restart. */
export type Sessions = {
  /** The id is the secret that the client sends from then on. */
  readonly open: (
    token: ApiToken,
    address: string,
  ) => Promise<OpenSession & { readonly id: string }>;
  /** The owner of the session, or null if it has ended. The call counts as use. */
  readonly use: (id: string) => Promise<OpenSession | null>;
  /** Whether the session is valid. The call does not count as use. */
  readonly stands: (id: string) => Promise<boolean>;
  /** Recorded under the token that opened the session. */
  readonly end: (id: string, address: string) => Promise<void>;
  readonly endAll: (token: ApiToken, address: string) => Promise<void>;
  /** Ends the sessions of tokens that are no longer configured. */
  readonly endUnknown: () => Promise<void>;
};

export type FeedEvent = {
  /** Pass it as `lastId` to continue from here. */
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
};

/**
 * Reports changes after the event `lastId` until the returned function is called. If the history is incomplete, the
 * first event is a `reset`. `take` never rejects, and the next events follow when it has resolved.
 */
export type EventFeed = (
  lastId: string | null,
  listener: { readonly take: (events: readonly FeedEvent[]) => Promise<void> },
) => Promise<() => void>;

/** Everything that the server needs from the other parts of the helper. */
export type ServerDeps = {
  /** Empty, or begins with `/` and does not end with one. */
  readonly basePath: string;
  /** The public address of the helper, if known. */
  readonly publicUrl: string | null;
  /** Addresses and CIDR networks whose `X-Forwarded-For` is trusted. */
  readonly trustedProxies: readonly string[];
  readonly hookSecrets: readonly HookSecret[];
  readonly apiTokens: readonly ApiToken[];
  /** The supported kinds of senders, and whether they can sign. */
  readonly senders: readonly { readonly name: string; readonly signs: boolean }[];
  readonly intake: Intake;
  /** Never rejects. */
  readonly proveToken: (token: string) => Promise<TokenProof>;
  /** One durable commit. Resolves when it is on disk. May throw `BacklogFull`. */
  readonly acceptDelivery: (delivery: NewDelivery) => Promise<AcceptedDelivery>;
  readonly reads: Reads;
  readonly outcome: AskOutcome;
  /** What a client with a limited token sees. */
  readonly readsWithin: (scope: Scope, actor: string) => Reads;
  readonly acts: Acts;
  /** Throws `ActRefused` while another backup is being made. */
  readonly backUp: (by: By) => Promise<Backup>;
  readonly approvalLinks: ApprovalLinks;
  /** Remembers actions with an `Idempotency-Key`. */
  readonly requestKeys: RequestKeys;
  readonly sessions: Sessions;
  readonly events: EventFeed;
  /** The folder of the built dashboard, or null if it was not built. */
  readonly dashboard: string | null;
  /** Whether the store can be written, determined by writing. Never rejects. */
  readonly askStore: () => Promise<Pick<StoreView, 'state' | 'reason'>>;
  readonly version: { readonly version: string; readonly revision: string | null };
  /** The registry for the server's own metrics, shown by `/metrics`. */
  readonly metrics: { readonly public: boolean; readonly registry: Registry };
  /** ms since the epoch. */
  readonly now: () => number;
  readonly log: Log;
};
