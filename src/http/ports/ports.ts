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
import type {
  DeliveryView,
  DeploymentView,
  FreezeView,
  RunRequest,
  RunView,
  ServiceView,
  StoreView,
} from '../../core/contract/views.ts';

/** A text that is shown to nobody unless asked for by this name. */
export type Revealable = { readonly reveal: () => string };

export type HookSecret = HookLimits & {
  readonly name: string;
  readonly value: Revealable;
  /** Addresses and CIDR networks that may use it; null limits nothing. */
  readonly networks: readonly string[] | null;
  /** Where it is there, a token has to come with it that proves it. */
  readonly oidc?: object | null;
  /** Whether it may ask what became of a push; without it, it may. */
  readonly outcome?: boolean;
  /** Whether it gets the log of a failing container; false by default. */
  readonly logs?: boolean;
};

/**
 * What a token that a sender shows comes to. `absent`: it is no token that could prove anything.
 * `unknown`: nothing can be said now; the sender is to come again.
 */
export type TokenProof =
  | { readonly kind: 'absent' | 'wrong' | 'unknown' }
  | { readonly kind: 'right'; readonly secrets: readonly HookSecret[] };

export type ApiToken = {
  readonly name: string;
  readonly role: Role;
  /** Empty where only its hash is known. */
  readonly value: Revealable;
  /** SHA-256 in hexadecimal digits: what a token that is shown is compared with. */
  readonly hash: string;
  /** The only clusters and stacks that it sees and acts on; null where it is limited to none. */
  readonly scope: Scope | null;
  /** RFC 3339; null where it never expires. */
  readonly expiresAt: string | null;
};

/** How deliveries are understood. Nothing of it throws. */
export type Intake = {
  /** Whether a sender that signs, or shows a token of its own, could have sent these headers. */
  readonly mayProve: (headers: IncomingDelivery['headers']) => boolean;
  readonly read: (delivery: IncomingDelivery, shown: HookSecret | null) => ReadDelivery<HookSecret>;
  /** Reads an image that is asked about: with a secret, only one that it could announce. */
  readonly asked: (image: string, digest: string | null, secret: HookSecret | null) => AskedPush;
  readonly mayAnnounce: (secret: HookSecret, name: string) => boolean;
};

/** What somebody asks about a push. */
export type OutcomeRequest = {
  /** Who asks: what one may be told is not told to another. */
  readonly who: string;
  readonly ask: OutcomeAsk;
  /** The only clusters that are asked about; null: all that the pushes are for. */
  readonly clusters: readonly string[] | null;
  /** Clusters of which whoever asks may know anything; null: all. */
  readonly allowed: readonly string[] | null;
  readonly mayTell: (name: string) => boolean;
  readonly telling: Telling;
  /** In ms; 0: answer at once. */
  readonly waitMs: number;
  /** The version that whoever asks has; then any other one is answered at once. Null: only an end is. */
  readonly known: string | null;
  /** Ends when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
};

/** Null: there is no such delivery, or nothing of it may be told. */
export type AskOutcome = (request: OutcomeRequest) => Promise<OutcomeView | null>;

/** One service, by its cluster and its name or id. */
export type ServiceKey = { readonly cluster: string; readonly service: string };

/** Who acts, from where, and the signal that ends the act when nobody waits for it any more. */
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

/** What people may do; each may throw `ActRefused` or `ClusterError`. One that is absent answers 501. */
export type Acts = {
  /** A dry run is answered when it is finished, any other as soon as it is on disk. */
  readonly startRun?: (request: RunRequest, by: By) => Promise<RunView>;
  /** Asks cluster and registry now. */
  readonly check?: (key: ServiceKey, by: By) => Promise<ServiceView>;
  readonly redeploy?: (
    key: ServiceKey,
    options: {
      readonly force: boolean;
      /** Passes every gate of the service, for this reason; null: none. */
      readonly skipGates: { readonly reason: string } | null;
    },
    by: By,
  ) => Promise<DeploymentView>;
  readonly rollback?: (
    key: ServiceKey,
    options: { readonly to: string | null; readonly force: boolean },
    by: By,
  ) => Promise<DeploymentView>;
  readonly release?: (key: ServiceKey, by: By) => Promise<ServiceView>;
  readonly approve?: (
    key: ServiceKey,
    options: { readonly digest: string | null },
    by: By,
  ) => Promise<WaitingView>;
  readonly reject?: (
    key: ServiceKey,
    options: { readonly digest: string | null; readonly reason: string },
    by: By,
  ) => Promise<WaitingView>;
  readonly replay?: (delivery: string, by: By) => Promise<DeliveryView>;
  readonly freeze?: (request: FreezeRequest, by: By) => Promise<FreezeView>;
  readonly thaw?: (id: string, by: By) => Promise<void>;
  /** Sends a test to the channel, or with null to all. */
  readonly testNotifications?: (
    request: { readonly channel: string | null },
    by: By,
  ) => Promise<readonly ChannelTestView[]>;
};

/** A key that a client made up for one request; each token has keys of its own. */
export type RequestKey = {
  readonly actor: string;
  readonly key: string;
  /** Tells one request from another. */
  readonly request: string;
};

/** What acts were answered, on disk, for a day. */
export type RequestKeys = {
  /** Takes a key for a request that is about to be carried out, or tells what became of it. */
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

/** Everything that the store held at one moment, as a file. */
export type Backup = {
  readonly content: Readable;
  readonly bytes: number;
  /** RFC 3339. */
  readonly at: string;
};

type OpenSession = { readonly token: ApiToken; readonly expiresAt: string };

/** Sign-ins with a token that outlive a request and a restart. */
export type Sessions = {
  /** The id is the secret that the client shows from then on. */
  readonly open: (
    token: ApiToken,
    address: string,
  ) => Promise<OpenSession & { readonly id: string }>;
  /** Whose session it is, or null where it has ended; asking is using it. */
  readonly use: (id: string) => Promise<OpenSession | null>;
  /** Whether it stands, which is no use of it. */
  readonly stands: (id: string) => Promise<boolean>;
  /** Recorded under the token that it was opened with. */
  readonly end: (id: string, address: string) => Promise<void>;
  readonly endAll: (token: ApiToken, address: string) => Promise<void>;
  /** Ends those of tokens that are no longer configured. */
  readonly endUnknown: () => Promise<void>;
};

export type FeedEvent = {
  /** To go on from. */
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
};

/**
 * Tells what changes from after the event `lastId` on, until what it gives is called. Where that cannot be
 * told, the first event is a `reset`. `take` never rejects, and the next come when it has resolved.
 */
export type EventFeed = (
  lastId: string | null,
  listener: { readonly take: (events: readonly FeedEvent[]) => Promise<void> },
) => Promise<() => void>;

/** Everything that the server needs of the rest of the helper. */
export type ServerDeps = {
  /** Empty, or begins with `/` and does not end with one. */
  readonly basePath: string;
  /** Where people reach the helper, where that is known. */
  readonly publicUrl?: string | null;
  /** Addresses and CIDR networks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  readonly hookSecrets: readonly HookSecret[];
  readonly apiTokens: readonly ApiToken[];
  /** Kinds of senders that are understood, and whether they can sign. */
  readonly senders: readonly { readonly name: string; readonly signs: boolean }[];
  readonly intake: Intake;
  /** There where a secret wants tokens. Never rejects. */
  readonly proveToken?: (token: string) => Promise<TokenProof>;
  /** One durable commit; resolves when it is on disk. May throw `BacklogFull`. */
  readonly acceptDelivery: (delivery: NewDelivery) => Promise<AcceptedDelivery>;
  readonly reads: Reads;
  /** Without it, the outcome of pushes is not reported: 501. */
  readonly outcome?: AskOutcome;
  /** What somebody sees whose token is limited to a scope. Without it, such tokens see nothing. */
  readonly readsWithin?: (scope: Scope, actor: string) => Reads;
  readonly acts: Acts;
  /** Without it, nobody gets a backup: 501. Throws `ActRefused` while one is made. */
  readonly backUp?: (by: By) => Promise<Backup>;
  /** Without it, there is no link. */
  readonly approvalLinks?: ApprovalLinks;
  /** Without it, acts that come with an `Idempotency-Key` answer 501. */
  readonly requestKeys?: RequestKeys;
  /** Without it, nobody signs in but by showing a token. */
  readonly sessions?: Sessions;
  /** Without it, `/events` answers 501. */
  readonly events?: EventFeed;
  /** The folder of the built dashboard, or null where it was not built. */
  readonly dashboard?: string | null;
  /** Whether the store can be written, found out by doing it. Never rejects. */
  readonly askStore: () => Promise<Pick<StoreView, 'state' | 'reason'>>;
  readonly version: { readonly version: string; readonly revision: string | null };
  /** Where the server's own metrics go too; shown by `/metrics`. */
  readonly metrics: { readonly public: boolean; readonly registry: Registry };
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
};
