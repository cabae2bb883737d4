import { canonicalHost } from '../../core/image/image-reference.ts';
import type { Registries } from '../../core/contract/registries.ts';
import type { Log } from '../../core/log.ts';
import { isPlainManifest, type PublishedManifest } from '../../core/image/published.ts';
import { NO_PROXIES, type Proxies } from '../exchange/proxy.ts';
import { createAsk } from './read/ask.ts';
import { createBoundedCache } from './wire/bounded-cache.ts';
import { readImageBuildFacts } from './read/build-facts.ts';
import { createContentReader, type InTurn } from './read/content.ts';
import { createCredentialSource } from './sign-in/credentials.ts';
import { createDockerConfigReader } from './sign-in/docker-config.ts';
import { createFindDigestAt } from './read/find-digest.ts';
import { bareHostname } from './wire/forbidden-address.ts';
import { createGeneralWant } from './sign-in/general-want.ts';
import { createLanes } from './pace/lane.ts';
import { createListTagsAt } from './read/list-tags.ts';
import { createOutages } from './pace/outages.ts';
import { probePull } from './read/probe-pull.ts';
import { createQuotaBook, type RegistryQuota } from './pace/quotas.ts';
import { readPublishedManifest, readPublishedPlatforms } from './read/read-manifest.ts';
import { RegistryError } from './wire/registry-error.ts';
import { createEndpoints, type RegistryHost } from './wire/registry-host.ts';
import { createSignIn } from './sign-in/sign-in.ts';
import { createTransport } from './wire/transport.ts';
import { createTrials } from './pace/trials.ts';
import { composeUpdateAuth } from './sign-in/update-auth.ts';
import { type FailedLookup, orFailure } from './wire/or-failure.ts';
import { type Probed, probeRegistry, REQUESTS_OF_A_LOOKUP } from './read/probe-registry.ts';

/** All registries that images come from, and the connections to them. */
export type ConnectedRegistries = Registries & {
  /** What is left of the limits of the registries that report one. */
  readonly quotas: () => readonly RegistryQuota[];
  /** Whether a host, or a path of it, is reachable and accepts the sign-in: `ghcr.io`, `ghcr.io/acme`. */
  readonly probe: (place: string, signal: AbortSignal) => Promise<Probed>;
  /** Aborts open requests and closes the connections. */
  readonly close: () => Promise<void>;
};

export type RegistriesOptions = {
  /** Settings of single registries. All others are contacted over HTTPS without credentials. */
  readonly hosts?: readonly RegistryHost[];
  /** Proxies for hosts without a proxy of their own. */
  readonly proxies?: Proxies;
  /** More hosts for which any certificate is accepted, and HTTP. */
  readonly insecure?: readonly string[];
  /** Path of a Docker `config.json`. It is read again when it changes. */
  readonly dockerConfig?: string | null;
  readonly log: Log;
  /** ms since the epoch. */
  readonly now: () => number;
  /** 0 to 1, to spread retries. */
  readonly random?: () => number;
  readonly limits?: {
    /** Limit for one request with its answer, in ms, for hosts without a limit of their own. */
    readonly attemptMs?: number;
    /** Limit for one lookup with all its retries, in ms. */
    readonly lookupMs?: number;
    readonly tries?: number;
    readonly retryPauseMs?: number;
  };
};

/** Whether the configuration names a host, on any port: as a registry, or for its sign-in. */
const createListed = ({ hosts = [], insecure = [] }: RegistriesOptions) => {
  const named = [
    ...insecure,
    ...hosts.flatMap(({ host, signInHosts = [] }) => [host, ...signInHosts]),
  ];
  const hostnames = named.map((host) => {
    const address = `https://${canonicalHost(host)}`;
    return URL.canParse(address) ? bareHostname(new URL(address).hostname) : host;
  });
  const listed = new Set(hostnames);
  return (hostname: string): boolean => listed.has(hostname);
};

const USER_AGENT = 'doppler-cd-helper';
/** A mirror that does not answer within this time is skipped: the registry itself is the second try. */
const MIRROR_MS = 5_000;
const TRIES = 3;
const RETRY_PAUSE_MS = 250;
/** Known digests of plain images; only the most recent are kept. */
const MOST_PLAIN = 10_000;
const PLAIN_MANIFEST: PublishedManifest = { members: [], platforms: null, artifact: null };

export const createRegistries = (options: RegistriesOptions): ConnectedRegistries => {
  const { log, now } = options;
  const closing = new AbortController();
  const closed = closing.signal;
  const endpoints = createEndpoints(
    options.hosts ?? [],
    options.insecure ?? [],
    options.limits?.attemptMs,
  );
  const transport = createTransport({
    userAgent: USER_AGENT,
    proxies: options.proxies ?? NO_PROXIES,
    isListed: createListed(options),
  });
  const { dockerConfig = null } = options;
  const readConfig = dockerConfig === null ? null : createDockerConfigReader(dockerConfig);
  const credentials = createCredentialSource(readConfig, closed, now);
  const outages = createOutages();
  const signIn = createSignIn({
    transport,
    outages,
    credentials,
    trials: createTrials(now),
    closed,
    now,
  });
  const quotas = createQuotaBook(now);
  const ask = createAsk({
    transport,
    generalWant: createGeneralWant({ transport, closed, now }),
    endpointOf: endpoints.of,
    signIn,
    trials: createTrials(now),
    lanes: createLanes({ outages, now }),
    quotas,
    settings: {
      tries: options.limits?.tries ?? TRIES,
      retryPauseMs: options.limits?.retryPauseMs ?? RETRY_PAUSE_MS,
    },
    now,
    random: options.random ?? Math.random,
  });

  const inTurn: InTurn = async (host, caller, work) => {
    const own = endpoints.of(host);
    for (const mirror of endpoints.mirrorsOf(host)) {
      try {
        // One try: the registry itself is the second one.
        return await work(mirror, { tries: 1, lookupMs: Math.min(mirror.attemptMs, MIRROR_MS) });
      } catch (error) {
        if (!(error instanceof RegistryError)) throw error;
        log.debug('a mirror failed', { mirror: mirror.name, registry: host, error });
      }
      caller.throwIfAborted();
    }
    return work(own, {
      lookupMs: options.limits?.lookupMs ?? REQUESTS_OF_A_LOOKUP * own.attemptMs,
    });
  };

  const indexHosts = new Set(
    (options.hosts ?? []).flatMap(({ host, follow }) =>
      follow === 'index' ? [canonicalHost(host)] : [],
    ),
  );
  const findDigestAt = createFindDigestAt(ask);
  const listTagsAt = createListTagsAt(ask);
  const content = createContentReader({ ask, inTurn, closed });
  const plain = createBoundedCache<true>({ entries: MOST_PLAIN });

  return {
    findDigest: async (image, signal) => {
      const found = await orFailure(signal, () =>
        inTurn(image.registry, signal, (endpoint, limits) =>
          findDigestAt(endpoint, image, signal, limits),
        ),
      );
      if (found.kind === 'published' && isPlainManifest(found.mediaType)) {
        plain.set(found.digest, true);
      }
      return found;
    },
    listTags: async ({ registry, repository }, signal, turn = async () => {}) => {
      const own = endpoints.of(registry);
      const limits = { lookupMs: REQUESTS_OF_A_LOOKUP * own.attemptMs, turn };
      let failure: FailedLookup | null = null;
      for (const endpoint of [own, ...endpoints.mirrorsOf(registry)]) {
        const listed = await orFailure(signal, async () => ({
          kind: 'tags' as const,
          tags: await listTagsAt(endpoint, repository, signal, limits),
        }));
        if (listed.kind === 'tags') return listed;
        failure ??= listed;
      }
      return failure ?? { kind: 'tags', tags: [] };
    },
    followsIndex: (host) => indexHosts.has(canonicalHost(host)),
    readManifest: async (image, digest, signal) => {
      const read = await orFailure(signal, async () => ({
        kind: 'manifest' as const,
        manifest: await readPublishedManifest(content, image, digest, signal),
      }));
      // A plain image's properties are known without its manifest.
      const isPlain = read.kind === 'failed' && plain.get(digest) === true;
      return isPlain ? { kind: 'manifest', manifest: PLAIN_MANIFEST } : read;
    },
    readPlatforms: async (image, digest, signal) => {
      const read = await orFailure(signal, () =>
        readPublishedPlatforms(content, image, digest, signal),
      );
      return 'kind' in read ? null : read;
    },
    readBuildFacts: async (image, digest, signal) => {
      const facts = await orFailure(signal, () =>
        readImageBuildFacts(content, image, digest, signal),
      );
      if (!('kind' in facts)) return facts;
      log.debug('the build facts of an image could not be read', { digest, reason: facts.detail });
      return null;
    },
    findPullProblem: async (image, digest, signal) => {
      const probed = await orFailure(signal, () =>
        probePull({ ask, inTurn, content }, image, digest, signal),
      );
      return probed === 'can-be-pulled' ? null : probed.detail;
    },
    updateAuth: async ({ registry, repository }, signal) => {
      const endpoint = endpoints.of(registry);
      const asked = { endpoint, repository };
      const found = await credentials.find(asked, signal, { fresh: true });
      if (found.problem !== null) {
        log.warn('the credentials of a registry could not be read', {
          registry: endpoint.name,
          problem: found.problem,
        });
      }
      return found.credentials === null
        ? null
        : composeUpdateAuth(endpoint.name, found.credentials);
    },
    quotas: quotas.list,
    probe: (place, signal) =>
      probeRegistry(
        { ask, signIn, endpointOf: endpoints.of, lookupMs: options.limits?.lookupMs },
        place,
        signal,
      ),
    close: async () => {
      closing.abort(new RegistryError('unreachable', 'this client is closed'));
      await transport.close();
    },
  };
};
