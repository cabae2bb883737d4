/** What the reference says about a key in addition to the schema. */
export type KeyText = {
  /** Markdown, with links relative to docs/reference. */
  readonly meaning: string;
  /** If the schema's own default is not what a person would write. */
  readonly initial?: string;
};

/** By the path of the key. A test compares it with the schema: no key is missing, and none is unknown. */
export const KEY_TEXTS: Readonly<Record<string, KeyText>> = {
  listen: { meaning: '`host:port`, `[::1]:port`, or a port alone', initial: '`0.0.0.0:8080`' },
  basePath: {
    meaning:
      'prefix of every route, such as `/cd-helper`; `/healthz` and `/readyz` are at the root too',
    initial: 'empty',
  },
  publicUrl: {
    meaning:
      'address that others reach, base path included: for `cd-helper hook url`, and the source of [events](../guide/notifications.md)',
  },
  trustedProxies: {
    meaning:
      'addresses and networks whose `X-Forwarded-For`, `-Proto` and `-Host` headers are trusted',
    initial: '`[]`',
  },
  store: {
    initial: '`./data/cd-helper.db`',
    meaning:
      'a SQLite file; its folder is created if it is missing (in the image: `/data/cd-helper.db`); or a PostgreSQL database, as its address `postgres://user:password@host/database` or as the keys below',
  },
  'store.url': {
    meaning:
      'address of the database. Several hosts (`host1,host2:5433`): the one that takes writes is used. Without `sslmode` the server must prove its name by a certificate, unless it is on this machine; `sslmode`: `disable`, `require` (encrypts only), `verify-ca`, `verify-full`; `sslrootcert`, `sslcert`, `sslkey`: paths of PEM files. `schema` and `poolSize` may stand in it too. Or `urlFile`',
  },
  'store.listenUrl': {
    meaning:
      'another address of the same database, for `LISTEN`; needed with a pooler in transaction mode, which does not forward notifications. Or `listenUrlFile`',
  },
  'store.migrateUrl': {
    meaning:
      'another address of the same database, as a role that may make and change its tables. Or `migrateUrlFile`',
  },
  'store.poolSize': {
    meaning: 'maximum number of connections of one instance',
    initial: '`10`, or what `url` says',
  },
  'store.schema': {
    meaning: 'schema of its tables; created if it is missing',
    initial: '`cd_helper`, or what `url` says',
  },
  logLevel: { meaning: 'lowest level that is logged' },
  clusters: { meaning: 'at least one', initial: 'one engine, `default`' },
  'clusters[].type': { meaning: 'how the cluster is reached' },
  'clusters[].name': { meaning: 'shown in routes, logs and history' },
  'clusters[].select': {
    meaning: "`labelled`: only services with `cd-helper.enabled=true` or Swarmpit's autoredeploy",
  },
  'clusters[].maxParallel': {
    meaning: 'maximum number of services whose tasks restart at the same time',
    initial: '`4`',
  },
  'clusters[].tls': {
    meaning:
      'for engines over `tcp://` or `https://`; for Swarmpit with your own certificate authority, use `NODE_EXTRA_CA_CERTS`',
  },
  'clusters[].tls.ca': { meaning: 'PEM; or `caFile`', initial: "the system's" },
  'clusters[].tls.cert': { meaning: "PEM of the client's certificate; or `certFile`" },
  'clusters[].tls.key': { meaning: 'PEM of its key; or `keyFile`' },
  'clusters[].url': {
    meaning:
      'engine: `unix:///…`, `tcp://host:port`, `http://…`, `https://…`, of a manager. Swarmpit: with or without `/api`',
  },
  'clusters[].token': {
    meaning: 'API token, with or without `Bearer`; or `tokenFile`',
    initial: 'required for Swarmpit',
  },
  registries: {
    meaning:
      'only those that need a setting; one host may have several entries, each with different settings',
    initial: '`[]`',
  },
  'registries[].host': {
    meaning:
      'as images name it, with its port: `docker.io`, `registry.local:5000`; or a path of it with its own credentials: `registry.example/group/project`',
  },
  'registries[].insecure': {
    meaning:
      'HTTPS with any certificate, or HTTP if nothing there speaks TLS, as in Docker; the variable lists hosts',
    initial: '`false`',
  },
  'registries[].mirror': { meaning: 'one more of `mirrors`' },
  'registries[].mirrors': {
    meaning: 'hosts to try before the registry itself, in this order',
    initial: '`[]`',
  },
  'registries[].username': { meaning: 'with `password`; or `usernameFile`' },
  'registries[].password': { meaning: 'password or access token; or `passwordFile`' },
  'registries[].tls': {
    meaning: 'for your own certificate authority, or a registry that requires a client certificate',
  },
  'registries[].tls.ca': { meaning: 'PEM; or `caFile`', initial: "the system's" },
  'registries[].tls.cert': { meaning: 'PEM; or `certFile`' },
  'registries[].tls.key': { meaning: 'PEM; or `keyFile`' },
  'registries[].tls.skipVerify': {
    meaning: 'accepts any certificate, but not HTTP; off by default',
  },
  'registries[].proxy': {
    meaning: '`none`, or the address of a proxy for this registry; or `proxyFile`',
    initial: '`HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`',
  },
  'registries[].signInHosts': {
    meaning:
      'further hosts that may get the credentials, such as the token server; the variable lists `registry.example=auth.example`',
    initial: '`[]`',
  },
  'registries[].follow': {
    meaning:
      'what counts as new: `platform` only the images, `index` also information about them, such as provenance',
    initial: '`platform`',
  },
  'registries[].timeout': {
    meaning: 'how long one request and its answer may take, `1s` to `2m`',
    initial: '15 s',
  },
  'registries[].concurrency': { meaning: 'maximum number of concurrent requests', initial: '`8`' },
  'registries[].quotaReserve': {
    meaning: 'SmartRedeploy sends no more requests if fewer pulls remain',
    initial: '`10`',
  },
  dockerConfig: { meaning: 'path of a Docker `config.json` with more credentials' },
  hooks: { meaning: 'who may send webhooks' },
  'hooks.secrets': {
    meaning: 'the variable may list several, separated by commas: `default`, `default-2`, …',
    initial: '`[]`: every webhook is refused',
  },
  'hooks.secrets[].name': { meaning: 'shown in the history' },
  'hooks.secrets[].value': {
    meaning:
      'the secret, without spaces, at least 16 characters; required unless `oidc` is set; or `valueFile`',
  },
  'hooks.secrets[].oidc': {
    meaning:
      'an OpenID Connect token that the webhook must contain, as [Pub/Sub](../guide/senders.md#google-artifact-registry) sends one; if `value` is set too, both must be correct',
  },
  'hooks.secrets[].oidc.audience': { meaning: "the token's audience" },
  'hooks.secrets[].oidc.email': { meaning: 'the service account of the sender' },
  'hooks.secrets[].oidc.issuer': { meaning: 'who signs the token' },
  'hooks.secrets[].oidc.keys': { meaning: 'where the issuer publishes its keys' },
  'hooks.secrets[].senders': {
    meaning: 'the only [senders](../guide/senders.md) that it accepts',
    initial: 'all',
  },
  'hooks.secrets[].registry': {
    meaning:
      'for images of senders that do not name a registry; it also replaces the host that a registry claims',
  },
  'hooks.secrets[].virtualRepositories': {
    meaning:
      "for JFrog: the local repositories that images are pushed to, each with the virtual repository that the services' image names contain",
    initial: 'none',
  },
  'hooks.secrets[].virtualRepositories[].local': {
    meaning: 'key of the local repository, as the webhook names it',
  },
  'hooks.secrets[].virtualRepositories[].virtual': {
    meaning: 'key of the virtual repository that services pull from',
  },
  'hooks.secrets[].clusters': { meaning: 'the only clusters it acts on', initial: 'all' },
  'hooks.secrets[].repositories': {
    meaning:
      "patterns of registry and repository, without tag (`acme/*` is `docker.io/acme/*`); `*` is one folder's name, `**` any number of folders",
    initial: 'all',
  },
  'hooks.secrets[].networks': {
    meaning: 'the only addresses and networks that may use it',
    initial: 'all',
  },
  'hooks.secrets[].outcome': {
    meaning: 'whether it may read [the outcome of a push](../guide/ci.md) that it could announce',
  },
  'hooks.secrets[].logs': {
    meaning: 'whether the outcome contains the last lines of a failing container',
  },
  'hooks.secrets[].allowShort': {
    meaning: 'accepts a `value` of fewer than 16 characters, which can be guessed',
  },
  api: { meaning: 'who may use the API, the dashboard and the command line' },
  'api.tokens': {
    meaning: 'the variable adds an operator named `default`',
    initial: '`[]`: the API refuses',
  },
  'api.tokens[].name': { meaning: 'shown in the history as the person who acted' },
  'api.tokens[].role': {
    meaning:
      '`viewer` can read, `approver` can also decide about what waits for approval, `operator` can also make changes',
  },
  'api.tokens[].value': {
    meaning:
      'the token, at least 16 visible ASCII characters without spaces; or `valueFile`; this or `valueHash`',
  },
  'api.tokens[].allowShort': {
    meaning: 'accepts a `value` of fewer than 16 characters, which can be guessed',
  },
  'api.tokens[].valueHash': {
    meaning:
      '`sha256:` and the SHA-256 of the token in hexadecimal digits, so that the file does not hold it',
  },
  'api.tokens[].clusters': {
    meaning: 'patterns of the only clusters that it can see and change',
    initial: 'all',
  },
  'api.tokens[].stacks': {
    meaning:
      'patterns of the only stacks that it can see and change; if set, services without a stack are excluded',
    initial: 'all',
  },
  'api.tokens[].expires': {
    meaning:
      'the last day on which it is valid (UTC), such as `2027-06-30`, or a time such as `2027-06-30T18:00:00Z`; people are warned two weeks before',
    initial: 'never',
  },
  metrics: { meaning: 'who may read metrics' },
  'metrics.public': { meaning: '`/metrics` without a token', initial: '`false`' },
  smartRedeploy: { meaning: 'what it does automatically' },
  'smartRedeploy.schedule': { meaning: 'cron expression', initial: 'none: never automatically' },
  'smartRedeploy.timeZone': { meaning: 'time zone of the schedule, such as `Europe/Madrid`' },
  'smartRedeploy.mode': {
    meaning: 'what the schedule does: `report` only checks, `deploy` also redeploys',
  },
  'smartRedeploy.onStart': {
    meaning:
      '`first`: one report 60 s after the first start on a new store, one request a second to each registry; `report` or `deploy`: whenever the helper starts, at most every 10 minutes',
  },
  'smartRedeploy.jitter': { meaning: 'maximum random delay of a scheduled run' },
  notifications: { meaning: 'who gets messages about deployments and services', initial: '`[]`' },
  'notifications[].type': { meaning: 'what is sent' },
  'notifications[].name': { meaning: 'shown in the log and in tests' },
  'notifications[].url': { meaning: 'kept as a secret; or `urlFile`' },
  'notifications[].logs': {
    meaning: "whether messages contain the failing container's last lines",
    initial: '`false`',
  },
  'notifications[].approve': {
    meaning:
      'whether messages about what waits contain a [link to decide by](../guide/approvals.md#links-in-notifications), or for how long it is valid',
  },
  'notifications[].states': {
    meaning: '`superseded` and `skipped` only if named',
    initial: 'all others',
  },
  'notifications[].clusters': { meaning: 'patterns', initial: 'all' },
  'notifications[].stacks': { meaning: 'patterns', initial: 'all' },
  'notifications[].services': { meaning: 'patterns', initial: 'all' },
  'notifications[].secret': { meaning: 'webhook: signs with HMAC SHA-256; or `secretFile`' },
  'notifications[].tags': { meaning: 'apprise: tags of the receivers', initial: '`[]`' },
  policies: {
    meaning:
      '[gates](../guide/gates.md) of services; all policies that match apply, the stricter value wins',
    initial: '`[]`',
  },
  'policies[].name': { meaning: 'shown as the source of a gate' },
  'policies[].match': { meaning: 'which services; all keys must match', initial: 'all services' },
  'policies[].match.clusters': { meaning: 'patterns of clusters', initial: 'all' },
  'policies[].match.stacks': { meaning: 'patterns of stacks', initial: 'all' },
  'policies[].match.services': { meaning: 'patterns of services', initial: 'all' },
  'policies[].match.images': { meaning: 'patterns of images without a tag', initial: 'all' },
  'policies[].minAge': { meaning: 'how old an image must be, such as `72h`' },
  'policies[].windows': {
    meaning:
      'when deployments may start, such as `mon-thu 09:00-16:00 Europe/Madrid`: in any of them',
    initial: 'always',
  },
  'policies[].approval': { meaning: 'how many people must approve, and who may' },
  'policies[].approval.votes': { meaning: 'how many', initial: 'one' },
  'policies[].approval.by': { meaning: 'roles that may vote', initial: 'both' },
  'policies[].approval.deadline': {
    meaning: 'if the votes are missing at this time, the image is held as `expired`',
    initial: '7 days',
  },
  'policies[].approval.opensMinAge': {
    meaning: 'whether enough votes open the minimum age too',
    initial: 'yes',
  },
  forges: {
    meaning: '[forges](../guide/forges.md) that get reports of deployments',
    initial: '`[]`',
  },
  'forges[].type': { meaning: 'its API; for Forgejo, use `gitea`' },
  'forges[].url': { meaning: 'its address in a browser; or `urlFile`' },
  'forges[].tls': { meaning: 'if its certificate is not signed by a public authority' },
  'forges[].tls.ca': { meaning: 'its certificate authority, PEM; or `caFile`' },
  'forges[].app': { meaning: 'the GitHub App that signs in', initial: 'none: `token`' },
  'forges[].app.id': { meaning: 'number of the app' },
  'forges[].app.privateKey': { meaning: 'its private key, PEM; or `privateKeyFile`' },
  'forges[].token': { meaning: 'signs in; or `tokenFile`', initial: 'required; GitHub: or `app`' },
  'forges[].sources': {
    meaning: 'patterns of images, each with the repository that it is built from',
    initial: "the image's labels",
  },
  'forges[].repositories': {
    meaning: 'patterns of repositories that may get reports',
    initial: 'all',
  },
  'forges[].environments': {
    meaning: 'environment of each cluster',
    initial: "the cluster's name",
  },
  'forges[].report': {
    meaning: 'what the helper creates there',
    initial: 'deployments; Gitea: statuses',
  },
  retention: { meaning: 'how much history is kept' },
  'retention.days': { meaning: 'maximum age', initial: '`90`' },
  'retention.deployments': { meaning: 'maximum number of ended deployments', initial: '`10000`' },
  'retention.megabytes': {
    meaning:
      'maximum size of the store: the SQLite file, or the rows of the history in PostgreSQL, which needs two to three times as much with its indexes and what it keeps free',
    initial: '`500`',
  },
};
