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
 * The complete configuration, valid and deep-frozen. Durations are in ms, sizes in bytes. Nothing is optional: a
 * missing setting has its default, or null if there is no default.
 */
export type Config = {
  /** The YAML file that was read, or null if only variables were used. */
  readonly file: string | null;
  readonly listen: { readonly host: string; readonly port: number };
  /** Empty, or begins with `/` and does not end with one: `/cd-helper`. */
  readonly basePath: string;
  /** Where people and senders reach the helper, base path included, without a trailing slash. */
  readonly publicUrl: string | null;
  /** Addresses and CIDR networks whose `X-Forwarded-*` headers are trusted. */
  readonly trustedProxies: readonly string[];
  readonly store: StoreSetting;
  readonly logLevel: LogLevel;
  /** At least one; names differ. */
  readonly clusters: readonly ClusterConfig[];
  /** One entry per host. */
  readonly registries: readonly RegistryConfig[];
  /** The proxies for requests to registries, receivers of notifications and issuers of keys. */
  readonly proxies: ProxiesConfig;
  /** Path of a Docker `config.json` with further credentials. */
  readonly dockerConfig: string | null;
  readonly hooks: { readonly secrets: readonly HookSecret[] };
  readonly api: { readonly tokens: readonly ApiToken[] };
  readonly metrics: { readonly public: boolean };
  readonly smartRedeploy: SmartRedeployConfig;
  readonly notifications: readonly NotificationChannel[];
  /** All that match a service apply, in addition to its labels. */
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
  /** Maximum number of services that are updated at the same time. */
  readonly maxParallel: number;
};

/** PEM texts for a connection over TLS. */
export type TlsConfig = {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: Secret | null;
};

/** The same for a registry, with the option to skip verification. */
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
  /** As given: with or without `Bearer `. */
  readonly token: Secret;
};

export type ClusterConfig = EngineClusterConfig | SwarmpitClusterConfig;

/** The values of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`. */
export type ProxiesConfig = {
  readonly https: Secret | null;
  readonly http: Secret | null;
  readonly bypass: string;
};

export type RegistryConfig = {
  /** As images name it, including its port: `docker.io`, `registry.local:5000`. */
  readonly host: string;
  /** Accept any certificate with HTTPS, and use HTTP if the server does not speak TLS. */
  readonly insecure: boolean;
  /** Hosts that are asked before the registry itself, in this order. */
  readonly mirrors: readonly string[];
  readonly credentials: { readonly username: string; readonly password: Secret } | null;
  /** Credentials for the repositories below a path: `group/project`. */
  readonly projects: readonly {
    readonly path: string;
    readonly username: string;
    readonly password: Secret;
  }[];
  readonly tls: RegistryTlsConfig | null;
  /** The proxy for its requests; null to use the environment's. */
  readonly proxy: 'none' | Secret | null;
  /** Hosts besides the registry's own that may see the credentials, for its token realm. */
  readonly signInHosts: readonly string[];
  /** Maximum number of concurrent requests. */
  readonly concurrency: number;
  /** What counts as new: an image, or also an index that differs only in other parts. */
  readonly follow: 'platform' | 'index';
  /** Maximum duration of one request including its answer; null for the default. */
  readonly timeoutMs: number | null;
  /** SmartRedeploy stops asking if fewer pulls than this remain. */
  readonly quotaReserve: number;
};

/** The secret of a sender and its limits; null limits nothing. */
export type HookSecret = {
  readonly name: string;
  /** Empty if a token is the only proof. An empty secret matches nothing. */
  readonly value: Secret;
  /** An OpenID Connect token that the request must also contain. */
  readonly oidc: OidcConfig | null;
  readonly senders: readonly string[] | null;
  /** Used for images of senders that name no registry. */
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
  /** Whether it may query the outcome of a push that it could announce. */
  readonly outcome: boolean;
  /** Whether it also gets the last lines of a failing container. */
  readonly logs: boolean;
};

/** The required claims of an OpenID Connect token. */
export type OidcConfig = {
  readonly audience: string;
  /** Email of the service account that sends the push. */
  readonly email: string;
  readonly issuer: string;
  /** Address of the issuer's public keys. */
  readonly keys: string;
};

export type ApiToken = {
  readonly name: string;
  readonly role: Role;
  /** Empty if only its hash was given. */
  readonly value: Secret;
  /** SHA-256 of the value, in hexadecimal digits. Tokens in requests are compared with it. */
  readonly hash: string;
  /** The only clusters and stacks that it sees and acts on; null if it is not limited. */
  readonly scope: Scope | null;
  /** RFC 3339; null if it never expires. */
  readonly expiresAt: string | null;
};

export type SmartRedeployConfig = {
  /** Cron expression, or null for no scheduled runs. */
  readonly schedule: string | null;
  /** IANA name. */
  readonly timeZone: string;
  readonly mode: 'deploy' | 'report';
  readonly onStart: 'off' | 'first' | 'deploy' | 'report';
  /** A scheduled run starts up to this much later. */
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
  /** May contain a token, so it is kept as a secret. */
  readonly url: Secret;
  /** Whether container log lines are included. */
  readonly logs: boolean;
  /** Whether its messages contain a one-time link, and the link's maximum lifetime in ms; null: until the deadline. */
  readonly approve: { readonly forMs: number | null } | null;
} & (
    | { readonly type: 'webhook' /** Signs with HMAC SHA-256. */; readonly secret: Secret | null }
    | { readonly type: 'slack' }
    | { readonly type: 'apprise'; readonly tags: readonly string[] }
  );

/** A forge that gets reports about which of its commits are deployed. */
export type ForgeConfig = {
  readonly type: 'github' | 'gitlab' | 'gitea';
  /** As people open it in a browser, without a trailing slash. */
  readonly url: string;
  /** A GitHub App; null if a token is used. */
  readonly app: { readonly id: number; readonly privateKey: Secret } | null;
  readonly token: Secret | null;
  readonly tls: { readonly ca: string } | null;
  /** Globs of images, `docker.io/acme/*`, with the repository that they are built from. The first match counts. */
  readonly sources: readonly { readonly image: string; readonly repository: string }[];
  /** Globs of repositories that may get reports; null limits nothing. */
  readonly repositories: readonly string[] | null;
  /** Environment of each cluster. A cluster that is missing here uses its own name. */
  readonly environments: Readonly<Record<string, string>>;
  readonly report: readonly ('deployments' | 'statuses')[];
};
