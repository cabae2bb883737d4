import type { ApiToken, ClusterConfig, Config } from '../../config/schema/config.ts';
import { type Cluster, ClusterError } from '../../core/swarm/cluster.ts';
import { isSameSwarm, type SwarmSigns } from '../../core/swarm/same-swarm.ts';
import { imageName, imageWithTag } from '../../core/image/image-reference.ts';
import type { CheckResult, ConfigCheck } from '../terminal/cli-deps.ts';
import {
  type AskedPush,
  tellFollowers,
  tellPush,
  tellWrongLabels,
} from '../terminal/push-check.ts';
import { tellScope } from '../../core/contract/scope.ts';
import { tellExpiry } from '../../core/token-expiry.ts';
import { showStore } from '../../core/store-setting.ts';

/** How the checks reach clusters, registries and the store. */
export type ConfigCheckDeps = {
  readonly connect: (config: ClusterConfig) => Cluster;
  readonly probeRegistry: (
    place: string,
    signal: AbortSignal,
  ) => Promise<
    | { readonly ok: true; readonly signedInAs: string | null; readonly isPlain: boolean }
    | { readonly ok: false; readonly detail: string }
  >;
  /** Opens the store and closes it again. `why` is for a person. */
  readonly now: () => number;
  readonly tryStore: (
    signal: AbortSignal,
  ) => Promise<
    | { readonly kind: 'free'; readonly detail?: string }
    | { readonly kind: 'in-use' }
    | { readonly kind: 'refused'; readonly why: string }
  >;
};

const NO_TASKS = 'it does not show tasks, so rollouts are judged by how many run';

const NO_SERVICE = 'no service has this repository';

/** The checks of `check-config`: every cluster and registry of the configuration, its store and its secrets. */
export const createConfigChecks = (
  config: Config,
  deps: ConfigCheckDeps,
  push: AskedPush | null = null,
): readonly ConfigCheck[] => [
  ...config.clusters.map((one) => ({
    name: `cluster ${one.name}`,
    run: async (signal: AbortSignal) => {
      const cluster = deps.connect(one);
      try {
        const { description, warning } = await cluster.identify(signal);
        await cluster.probe(signal);
        const services = await cluster.listServices(signal);
        const counted = cluster.capabilities.tellsTasks ? [] : [NO_TASKS];
        const said = [
          `${description}, ${services.length} services`,
          ...tellFollowers(services),
          ...counted,
          ...(warning === undefined ? [] : [warning]),
        ];
        const hint = tellWrongLabels(services);
        const result = { ok: true, detail: said.join('; ') };
        return hint === null ? result : { ...result, hint };
      } finally {
        await cluster.close();
      }
    },
  })),
  ...(push === null ? [] : config.clusters.map((one) => pushCheck(one, push, deps))),
  ...(config.clusters.length < 2 ? [] : [differentSwarms(config.clusters, deps)]),
  ...config.registries
    .flatMap(({ host, projects }) => [host, ...projects.map(({ path }) => `${host}/${path}`)])
    .map((place) => ({
      name: `registry ${place}`,
      run: async (signal: AbortSignal) => tellSignIn(await deps.probeRegistry(place, signal)),
    })),
  {
    name: 'store',
    run: async (signal) => {
      const trial = await deps.tryStore(signal);
      if (trial.kind === 'refused') return { ok: false, detail: trial.why };
      // That is fine next to a running helper.
      const suffix = trial.kind === 'in-use' ? ', in use by a running helper' : '';
      const detail = trial.kind === 'free' ? trial.detail : undefined;
      return { ok: true, detail: detail ?? `${showStore(config.store)}${suffix}` };
    },
  },
  present(
    'hook secrets',
    config.hooks.secrets.map(({ name }) => name),
    { detail: 'none: every webhook is refused', hint: 'set CD_HELPER_HOOK_SECRET' },
  ),
  present(
    'API tokens',
    config.api.tokens.map((token) => tellToken(token, deps.now())),
    { detail: 'none: the API refuses', hint: 'set CD_HELPER_API_TOKEN' },
  ),
  ...(config.api.tokens.length === 0 ? [] : [encrypted(config)]),
];

/** What a push would do on a cluster. */
const pushCheck = (
  one: ClusterConfig,
  push: AskedPush,
  { connect }: Pick<ConfigCheckDeps, 'connect'>,
): ConfigCheck => ({
  name: `push of ${imageWithTag(push)} to ${one.name}`,
  run: async (signal) => {
    const cluster = connect(one);
    try {
      const lines = tellPush(push, await cluster.listServices(signal, imageName(push)), one.select);
      const count = lines.length === 1 ? '1 service has' : `${lines.length} services have`;
      const detail = lines.length === 0 ? NO_SERVICE : `${count} this repository`;
      return { ok: true, detail, lines };
    } finally {
      await cluster.close();
    }
  },
});

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?)$/;

/** Whether tokens and sessions cross a network unencrypted. */
const encrypted = ({ publicUrl, listen, trustedProxies }: Config): ConfigCheck => ({
  name: 'sign-in',
  run: async () => {
    if (publicUrl?.startsWith('https:') === true) return { ok: true, detail: 'over TLS' };
    const isLocal = LOOPBACK.test(publicUrl === null ? listen.host : new URL(publicUrl).hostname);
    if (isLocal) return { ok: true, detail: 'from this machine only' };
    const hint = 'put TLS before the helper, and set publicUrl to the https:// address';
    if (publicUrl !== null) {
      return { ok: true, detail: `tokens and sessions are sent over HTTP to ${publicUrl}`, hint };
    }
    return trustedProxies.length > 0
      ? { ok: true, detail: 'over TLS if a trusted proxy says so (X-Forwarded-Proto)' }
      : {
          ok: true,
          detail: 'publicUrl is not set: tokens and sessions may be sent over HTTP',
          hint,
        };
  },
});

const tellSignIn = (answer: Awaited<ReturnType<ConfigCheckDeps['probeRegistry']>>): CheckResult => {
  if (!answer.ok) return { ok: false, detail: answer.detail };
  const { signedInAs, isPlain } = answer;
  const detail =
    signedInAs === null ? 'answers, without a sign-in' : `answers, signed in as ${signedInAs}`;
  if (!isPlain) return { ok: true, detail };
  return signedInAs === null
    ? { ok: true, detail: `${detail}, over HTTP` }
    : { ok: true, detail, hint: 'it does not use TLS, so its credentials are sent over HTTP' };
};

/** The checks of clusters report the ones that are unreachable. */
const differentSwarms = (
  clusters: readonly ClusterConfig[],
  { connect }: Pick<ConfigCheckDeps, 'connect'>,
): ConfigCheck => ({
  name: 'clusters',
  run: async (signal) => {
    const signs = await Promise.all(clusters.map((one) => readSigns(connect(one), signal)));
    const same = signs.flatMap((other, index) =>
      signs
        .slice(0, index)
        .filter((one) => isSameSwarm(one, other) === true)
        .map((one) => `${one.name} and ${other.name}`),
    );
    return same.length === 0
      ? { ok: true, detail: 'no two were found to be the same Swarm' }
      : { ok: false, detail: `${same.join(', ')} are the same Swarm`, hint: 'configure it once' };
  },
});

const readSigns = async (
  cluster: Cluster,
  signal: AbortSignal,
): Promise<SwarmSigns & { readonly name: string }> => {
  const { name } = cluster;
  try {
    const { swarmId } = await cluster.identify(signal);
    const services = await cluster.listServices(signal);
    return { name, swarmId, serviceIds: new Set(services.map(({ id }) => id)) };
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return { name, swarmId: null, serviceIds: null };
  } finally {
    await cluster.close();
  }
};

/** A token by its name, and what has to be known of it. */
const tellToken = ({ name, scope, expiresAt }: ApiToken, now: number): string => {
  const limits = [
    ...(scope === null ? [] : [tellScope(scope)]),
    ...(expiresAt === null ? [] : [tellExpiry(expiresAt, now)]),
  ];
  return limits.length === 0 ? name : `${name} (${limits.join('; ')})`;
};

const present = (
  name: string,
  names: readonly string[],
  missing: { readonly detail: string; readonly hint: string },
): ConfigCheck => ({
  name,
  run: async () =>
    names.length > 0 ? { ok: true, detail: names.join(', ') } : { ok: false, ...missing },
});
