import type { HealthNoticeState } from '../../core/health/health-notice.ts';
import type { Selection } from '../../core/policy/labels.ts';
import type { GateNoticeState } from '../../core/policy/approvals/gate-notice.ts';
import type { Role } from '../../core/contract/role.ts';
import type { ConfiguredPolicy } from '../../core/policy/gates/matching-policies.ts';
import type { Scope } from '../../core/contract/scope.ts';
import type { Secret } from '../../core/secret.ts';
import type { FinalState } from '../../core/contract/final-state.ts';
import type { StoreSetting } from '../../core/store-setting.ts';

/**
 * Everything that the helper can be told, valid and deep-frozen. Durations are in ms, sizes in bytes,
 * nothing is optional: what was not said has its default, and what has no default is null.
 */
export type Config = {
  /** The YAML file that was read, or null where only variables spoke. */
  readonly file: string | null;
  readonly listen: { readonly host: string; readonly port: number };
  /** Empty, or begins with `/` and does not end with one: `/cd-helper`. */
  readonly basePath: string;
  /** Where people and senders reach the helper, base path included, without a trailing slash. */
  readonly publicUrl: string | null;
  /** Addresses and CIDR networks whose `X-Forwarded-*` headers are believed. */
  readonly trustedProxies: readonly string[];
  readonly store: StoreSetting;
  readonly logLevel: LogLevel;
  /** At least one; names differ. */
  readonly clusters: readonly ClusterConfig[];
  /** One entry a host. */
  readonly registries: readonly RegistryConfig[];
  /** Through which registries, receivers of notifications and issuers of keys are asked. */
  readonly proxies: ProxiesConfig;
  /** Path of a Docker `config.json` with further sign-ins. */
  readonly dockerConfig: string | null;
  readonly hooks: { readonly secrets: readonly HookSecret[] };
  readonly api: { readonly tokens: readonly ApiToken[] };
  readonly metrics: { readonly public: boolean };
  readonly smartRedeploy: SmartRedeployConfig;
  readonly notifications: readonly NotificationChannel[];
  /** All that match a service apply, beside its labels. */
  readonly policies: readonly ConfiguredPolicy[];
  /** Hosts differ. */
  readonly forges: readonly ForgeConfig[];
  readonly retention: {
    readonly ageMs: number;
    readonly deployments: number;
    readonly bytes: number;
  };
};

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

type ClusterBasics = {
  readonly name: string;
  readonly select: Selection;
  /** Services that may be updated at one time. */
  readonly maxParallel: number;
};

/** PEM texts for a connection over TLS. */
export type TlsConfig = {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: Secret | null;
};

/** The same of a registry, which may also be taken by its word. */
export type RegistryTlsConfig = TlsConfig & { readonly skipVerify: boolean };

export type EngineClusterConfig = ClusterBasics & {
  readonly type: 'engine';
  /** `unix:///path`, `tcp://host:port`, `http://…` or `https://…`. */
  readonly url: string;
  readonly tls: TlsConfig | null;
};

export type SwarmpitClusterConfig = ClusterBasics & {
  readonly type: 'swarmpit';
  /** Without `/api` and without a trailing slash. */
  readonly url: string;
  /** As it was given: with or without `Bearer `. */
  readonly token: Secret;
};

export type ClusterConfig = EngineClusterConfig | SwarmpitClusterConfig;

/** What `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say. */
export type ProxiesConfig = {
  readonly https: Secret | null;
  readonly http: Secret | null;
  readonly bypass: string;
};

export type RegistryConfig = {
  /** As images name it, with its port: `docker.io`, `registry.local:5000`. */
  readonly host: string;
  /** Spoken to over HTTPS with whatever certificate, and over HTTP where nothing there speaks TLS. */
  readonly insecure: boolean;
  /** Hosts asked instead, in their order, before the registry itself. */
  readonly mirrors: readonly string[];
  readonly credentials: { readonly username: string; readonly password: Secret } | null;
  /** Credentials for the repositories below a path of it: `group/project`. */
  readonly projects: readonly {
    readonly path: string;
    readonly username: string;
    readonly password: Secret;
  }[];
  readonly tls: RegistryTlsConfig | null;
  /** The proxy that it is asked through; null for what the environment says. */
  readonly proxy: 'none' | Secret | null;
  /** Hosts that may see the credentials beside the registry's own, for its token realm. */
  readonly signInHosts: readonly string[];
  /** Requests under way at one time. */
  readonly concurrency: number;
  /** What counts as new: an image, or also an index that only says something else about it. */
  readonly follow: 'platform' | 'index';
  /** How long one request may take with its answer; null for the usual time. */
  readonly timeoutMs: number | null;
  /** SmartRedeploy stops asking where fewer pulls than this remain. */
  readonly quotaReserve: number;
};

/** What a sender shows to be let in; null limits nothing. */
export type HookSecret = {
  readonly name: string;
  /** Empty if a token is the only proof. An empty secret matches nothing. */
  readonly value: Secret;
  /** A token of OpenID Connect that has to come with it. */
  readonly oidc: OidcConfig | null;
  readonly senders: readonly string[] | null;
  /** Taken for images of senders that name no registry. */
  readonly registry: string | null;
  /** JFrog's local repositories, with the virtual ones that services pull from instead. */
  readonly virtualRepositories:
    | readonly { readonly local: string; readonly virtual: string }[]
    | null;
  readonly clusters: readonly string[] | null;
  /** Globs over registry and repository: `docker.io/acme/*`. */
  readonly repositories: readonly string[] | null;
  /** Addresses and CIDR networks that may use it. */
  readonly networks: readonly string[] | null;
  /** Whether it may ask what became of a push that it could announce. */
  readonly outcome: boolean;
  /** Whether it also gets the last lines of a failing container. */
  readonly logs: boolean;
};

/** What a token of OpenID Connect has to say. */
export type OidcConfig = {
  readonly audience: string;
  /** Of the service account in whose name the sender pushes. */
  readonly email: string;
  readonly issuer: string;
  /** Address of the issuer's public keys. */
  readonly keys: string;
};

export type ApiToken = {
  readonly name: string;
  readonly role: Role;
  /** Empty where only its hash was given. */
  readonly value: Secret;
  /** SHA-256 of the value, in hexadecimal digits: what a token that is shown is compared with. */
  readonly hash: string;
  /** The only clusters and stacks that it sees and acts on; null where it is limited to none. */
  readonly scope: Scope | null;
  /** RFC 3339; null where it never expires. */
  readonly expiresAt: string | null;
};

export type SmartRedeployConfig = {
  /** Cron expression, or null: no run by itself. */
  readonly schedule: string | null;
  /** IANA name. */
  readonly timeZone: string;
  readonly mode: 'deploy' | 'report';
  readonly onStart: 'off' | 'first' | 'deploy' | 'report';
  /** A scheduled run begins up to this much later. */
  readonly jitterMs: number;
};

/** Globs; null limits nothing. */
export type NotificationFilter = {
  readonly states: readonly NotifiedState[] | null;
  readonly clusters: readonly string[] | null;
  readonly stacks: readonly string[] | null;
  readonly services: readonly string[] | null;
};

export type NotifiedState = FinalState | HealthNoticeState | GateNoticeState;

export type NotificationChannel = NotificationFilter & {
  readonly name: string;
  /** May carry a token, so it is kept as a secret. */
  readonly url: Secret;
  /** Whether container log lines are sent along. */
  readonly logs: boolean;
  /** Whether its messages bring a link to vote by, and how long that is valid at most, in ms; null: until the deadline. */
  readonly approve: { readonly forMs: number | null } | null;
} & (
    | { readonly type: 'webhook' /** Signs with HMAC SHA-256. */; readonly secret: Secret | null }
    | { readonly type: 'slack' }
    | { readonly type: 'apprise'; readonly tags: readonly string[] }
  );

/** A forge that gets reports about which of its commits are deployed. */
export type ForgeConfig = {
  readonly type: 'github' | 'gitlab' | 'gitea';
  /** As people open it, without a trailing slash. */
  readonly url: string;
  /** A GitHub App; null where a token signs in. */
  readonly app: { readonly id: number; readonly privateKey: Secret } | null;
  readonly token: Secret | null;
  readonly tls: { readonly ca: string } | null;
  /** Globs of images, `docker.io/acme/*`, with the repository that they are built from; the first counts. */
  readonly sources: readonly { readonly image: string; readonly repository: string }[];
  /** Globs of repositories that may be told; null limits nothing. */
  readonly repositories: readonly string[] | null;
  /** Environment of each cluster; one that is not here has the cluster's name. */
  readonly environments: Readonly<Record<string, string>>;
  readonly report: readonly ('deployments' | 'statuses')[];
};
