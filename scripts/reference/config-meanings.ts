/** What stands in the reference beside what the schema tells of a key. */
export type KeyText = {
  /** Markdown, as seen from docs/reference. */
  readonly meaning: string;
  /** Where the schema's own default is no text that a person would write. */
  readonly initial?: string;
};

/** By the path of the key. A test holds it against the schema: no key is missing, and none is left over. */
export const KEY_TEXTS: Readonly<Record<string, KeyText>> = {
  listen: { meaning: '`host:port`, `[::1]:port`, or a port alone', initial: '`0.0.0.0:8080`' },
  basePath: {
    meaning:
      'prefix of every route, such as `/cd-helper`; `/healthz` and `/readyz` stand at the root too',
    initial: 'empty',
  },
  publicUrl: {
    meaning:
      'address that others reach, base path included: for `cd-helper hook url`, and the source of [events](../guide/notifications.md)',
  },
  trustedProxies: {
    meaning: 'addresses and networks whose `X-Forwarded-For`, `-Proto` and `-Host` are believed',
    initial: '`[]`',
  },
  store: { meaning: 'the SQLite file; its folder is made. In the image: `/data/cd-helper.db`' },
  logLevel: { meaning: 'least that is logged' },
  clusters: { meaning: 'at least one', initial: 'one engine, `default`' },
  'clusters[].type': { meaning: 'how the cluster is reached' },
  'clusters[].name': { meaning: 'stands in routes, logs and history' },
  'clusters[].select': {
    meaning: "`labelled`: only services with `cd-helper.enabled=true` or Swarmpit's autoredeploy",
  },
  'clusters[].maxParallel': {
    meaning: 'services whose tasks may be restarted at one time',
    initial: '`4`',
  },
  'clusters[].tls': {
    meaning:
      'for engines over `tcp://` or `https://`; Swarmpit behind an own authority: `NODE_EXTRA_CA_CERTS`',
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
      'only those that need something; several entries may speak of one host, each of something else',
    initial: '`[]`',
  },
  'registries[].host': {
    meaning:
      'as images name it, with its port: `docker.io`, `registry.local:5000`; or a path of it, which then has credentials of its own: `registry.example/group/project`',
  },
  'registries[].insecure': {
    meaning:
      'over HTTPS with whatever certificate, and over HTTP where nothing there speaks TLS, as Docker does; the variable lists hosts',
    initial: '`false`',
  },
  'registries[].mirror': { meaning: 'one more of `mirrors`' },
  'registries[].mirrors': {
    meaning: 'hosts asked before the registry itself, in this order',
    initial: '`[]`',
  },
  'registries[].username': { meaning: 'with `password`; or `usernameFile`' },
  'registries[].password': { meaning: 'password or access token; or `passwordFile`' },
  'registries[].tls': {
    meaning: 'for an authority of your own, or a registry that wants a client certificate',
  },
  'registries[].tls.ca': { meaning: 'PEM; or `caFile`', initial: "the system's" },
  'registries[].tls.cert': { meaning: 'PEM; or `certFile`' },
  'registries[].tls.key': { meaning: 'PEM; or `keyFile`' },
  'registries[].tls.skipVerify': {
    meaning: 'takes any certificate, and no HTTP; not by default',
  },
  'registries[].proxy': {
    meaning: '`none`, or the address of a proxy for this registry; or `proxyFile`',
    initial: '`HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`',
  },
  'registries[].signInHosts': {
    meaning:
      "hosts that may see the credentials beside the registry's own: its token server; the variable lists `registry.example=auth.example`",
    initial: '`[]`',
  },
  'registries[].follow': {
    meaning:
      'what counts as new: `platform` images only, `index` also what is said about them, such as provenance',
    initial: '`platform`',
  },
  'registries[].timeout': {
    meaning: 'how long one request may take with its answer, `1s` to `2m`',
    initial: '15 s',
  },
  'registries[].concurrency': { meaning: 'requests under way at one time', initial: '`8`' },
  'registries[].quotaReserve': {
    meaning: 'SmartRedeploy stops asking where fewer pulls remain',
    initial: '`10`',
  },
  dockerConfig: { meaning: 'path of a Docker `config.json` with further sign-ins' },
  hooks: { meaning: 'who may send hooks' },
  'hooks.secrets': {
    meaning: 'the variable may list several, separated by commas: `default`, `default-2`, …',
    initial: '`[]`: every hook is refused',
  },
  'hooks.secrets[].name': { meaning: 'stands in the history' },
  'hooks.secrets[].value': {
    meaning:
      'the secret, without spaces, needed unless `oidc` is there; below 16 characters the helper warns; or `valueFile`',
  },
  'hooks.secrets[].oidc': {
    meaning:
      'an OpenID Connect token that must come with the hook, as [Pub/Sub](../guide/senders.md#google-artifact-registry) sends one; where there is a `value` as well, both must be right',
  },
  'hooks.secrets[].oidc.audience': { meaning: "the token's audience" },
  'hooks.secrets[].oidc.email': { meaning: 'the service account in whose name the sender pushes' },
  'hooks.secrets[].oidc.issuer': { meaning: 'who signs the token' },
  'hooks.secrets[].oidc.keys': { meaning: 'where the issuer publishes its keys' },
  'hooks.secrets[].senders': {
    meaning: 'the only [senders](../guide/senders.md) it lets in',
    initial: 'all',
  },
  'hooks.secrets[].registry': {
    meaning:
      'taken for images of senders that name no registry, and in place of the host that a registry claims',
  },
  'hooks.secrets[].virtualRepositories': {
    meaning:
      "for JFrog: its local repositories that images are pushed to, each with the virtual repository in the services' image names",
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
    meaning: 'the only addresses and networks it may be used from',
    initial: 'all',
  },
  'hooks.secrets[].outcome': {
    meaning: 'whether it may [ask what became of a push](../guide/ci.md) that it could announce',
  },
  'hooks.secrets[].logs': {
    meaning: 'whether it is then told the last lines of a failing container',
  },
  api: { meaning: 'who may use the API, the dashboard and the command line' },
  'api.tokens': {
    meaning: 'the variable adds an operator named `default`',
    initial: '`[]`: the API refuses',
  },
  'api.tokens[].name': { meaning: 'stands in the history as who acted' },
  'api.tokens[].role': { meaning: '`viewer` may look, `operator` may act' },
  'api.tokens[].value': {
    meaning:
      'the token, of visible ASCII characters without spaces; or `valueFile`; this or `valueHash`',
  },
  'api.tokens[].valueHash': {
    meaning:
      '`sha256:` and the SHA-256 of the token in hexadecimal digits, so that the file does not hold it',
  },
  'api.tokens[].clusters': {
    meaning: 'patterns of the only clusters that it sees and acts on',
    initial: 'all',
  },
  'api.tokens[].stacks': {
    meaning:
      'patterns of the only stacks that it sees and acts on; with it, services without a stack are left out',
    initial: 'all',
  },
  'api.tokens[].expires': {
    meaning:
      'the last day on which it is valid (UTC), such as `2027-06-30`, or a time such as `2027-06-30T18:00:00Z`; people are warned two weeks before',
    initial: 'never',
  },
  metrics: { meaning: 'who may read metrics' },
  'metrics.public': { meaning: '`/metrics` without a token', initial: '`false`' },
  smartRedeploy: { meaning: 'what it does by itself' },
  'smartRedeploy.schedule': { meaning: 'cron expression', initial: 'none: never by itself' },
  'smartRedeploy.timeZone': { meaning: 'of the schedule, such as `Europe/Madrid`' },
  'smartRedeploy.mode': {
    meaning: 'what the schedule does: `report` checks, `deploy` redeploys too',
  },
  'smartRedeploy.onStart': {
    meaning: '`report` or `deploy` when the helper starts, at most every 10 minutes',
  },
  'smartRedeploy.jitter': { meaning: 'a scheduled run begins up to this much later' },
  notifications: { meaning: 'who is told what became of deployments', initial: '`[]`' },
  'notifications[].type': { meaning: 'what is sent' },
  'notifications[].name': { meaning: 'stands in the log and in tests' },
  'notifications[].url': { meaning: 'kept as a secret; or `urlFile`' },
  'notifications[].logs': {
    meaning: "whether the failing container's lines are sent along",
    initial: '`false`',
  },
  'notifications[].states': {
    meaning: '`superseded` and `skipped` only if named',
    initial: '`succeeded`, `failed` and `rolled-back`',
  },
  'notifications[].clusters': { meaning: 'patterns', initial: 'all' },
  'notifications[].stacks': { meaning: 'patterns', initial: 'all' },
  'notifications[].services': { meaning: 'patterns', initial: 'all' },
  'notifications[].secret': { meaning: 'webhook: signs with HMAC SHA-256; or `secretFile`' },
  'notifications[].tags': { meaning: 'apprise: tags of the receivers', initial: '`[]`' },
  retention: { meaning: 'how much history is kept' },
  'retention.days': { meaning: 'how old it may become', initial: '`90`' },
  'retention.deployments': { meaning: 'ended ones that are kept at most', initial: '`10000`' },
  'retention.megabytes': { meaning: 'how big the store may become', initial: '`500`' },
};
