import { createBoundedCache } from '../wire/bounded-cache.ts';
import { unlessAborted } from '../../exchange/deadline.ts';
import { askCredentialHelper } from './credential-helper.ts';
import {
  type Credentials,
  DOCKER_HUB_KEY,
  type DockerConfig,
  type DockerConfigRead,
  nearestPlaces,
} from './docker-config.ts';
import { RegistryError } from '../wire/registry-error.ts';
import type { Endpoint } from '../wire/registry-host.ts';

export type FoundCredentials = {
  /** Null if there are none, or they could not be read. */
  readonly credentials: Credentials | null;
  /** Why they could not be read. */
  readonly problem: string | null;
  /** Whose credentials they are and where they come from, for a person; null if there are none. */
  readonly source: string | null;
};

export type CredentialSource = {
  /**
   * The credentials for a repository of the endpoint, or for the host itself if `repository` is null. An answer that
   * a helper gave a few minutes ago is good enough unless `fresh` is set.
   */
  readonly find: (
    asked: { readonly endpoint: Endpoint; readonly repository: string | null },
    caller: AbortSignal,
    options?: { fresh?: boolean },
  ) => Promise<FoundCredentials>;
};

const HELPER_LIMIT_MS = 10_000;
/** A helper costs a process and often a call to a cloud. Its passwords are valid for hours. */
const HELPER_ANSWER_LIVES_MS = 5 * 60 * 1000;

const NONE: FoundCredentials = { credentials: null, problem: null, source: null };

/** The error for a sign-in that fails because credentials are missing. */
export const withoutCredentials = (host: string, found: FoundCredentials): RegistryError => {
  const detail =
    found.problem === null
      ? `${host} requires a sign-in and no credentials are configured for it, or the repository does not exist`
      : `${host} requires credentials, and they could not be read: ${found.problem}`;
  return new RegistryError('sign-in-refused', detail, { noCredentials: true });
};

const usedFrom = (credentials: Credentials, where: string): FoundCredentials => {
  const user = credentials.kind === 'password' ? credentials.username : 'an identity token';
  return { credentials, problem: null, source: `${user}, from ${where}` };
};

/** The configuration's credentials for the longest path above the repository, or for the host. */
const findConfigured = (endpoint: Endpoint, repository: string | null): FoundCredentials | null => {
  const { name, credentials, projects } = endpoint;
  const places = projects.map((project) => ({ ...project, host: name, key: '' }));
  const [nearest] = nearestPlaces(places, name, repository);
  const found = nearest ?? credentials;
  if (found === null) return null;
  const { username, password } = found;
  const where = nearest === undefined ? name : `${name}/${nearest.path}`;
  return usedFrom({ kind: 'password', username, password }, `registries, ${where}`);
};

type Candidate = { readonly path: string; readonly ask: () => Promise<FoundCredentials> };

const inFile = ({ key, credentials }: DockerConfig['auths'][number]): FoundCredentials =>
  usedFrom(credentials, `auths of the Docker config.json, ${key}`);

/**
 * Credentials from the configuration first, then from Docker's `config.json`. In each, the longest path above the
 * repository wins over shorter ones and the host. For equal paths in the file, the order is: a helper for exactly
 * that path, the common store, the file's own entry.
 */
export const createCredentialSource = (
  readConfig: (() => Promise<DockerConfigRead>) | null,
  closed: AbortSignal,
  now: () => number,
): CredentialSource => {
  type Asked = { readonly since: number; readonly answer: Promise<FoundCredentials> };
  const asked = createBoundedCache<Asked>({ entries: 256 });

  const askHelper = (helper: string, key: string, fresh: boolean): Promise<FoundCredentials> => {
    const name = `${helper} ${key}`;
    const last = asked.get(name);
    if (!fresh && last !== undefined && now() - last.since < HELPER_ANSWER_LIVES_MS) {
      return last.answer;
    }
    const answer = askCredentialHelper(helper, key, closed, HELPER_LIMIT_MS).then(
      (told): FoundCredentials => {
        if (told.kind === 'failed') asked.delete(name);
        if (told.kind === 'found') {
          return usedFrom(told.credentials, `the credential helper ${helper}, ${key}`);
        }
        return told.kind === 'none' ? NONE : { ...NONE, problem: told.problem };
      },
    );
    asked.set(name, { since: now(), answer });
    return answer;
  };

  const candidates = (
    config: DockerConfig,
    host: string,
    repository: string | null,
    fresh: boolean,
  ): readonly Candidate[] => {
    const helpers = nearestPlaces(config.credHelpers, host, repository).map(
      ({ path, helper, key }): Candidate => ({ path, ask: () => askHelper(helper, key, fresh) }),
    );
    const { credsStore } = config;
    const storeKey = host === 'docker.io' ? DOCKER_HUB_KEY : host;
    const store: readonly Candidate[] =
      credsStore === null || helpers.some(({ path }) => path === '')
        ? []
        : [{ path: '', ask: () => askHelper(credsStore, storeKey, fresh) }];
    const auths = nearestPlaces(config.auths, host, repository).map(
      (auth): Candidate => ({ path: auth.path, ask: () => Promise.resolve(inFile(auth)) }),
    );
    // A stable sort: equal paths keep their order.
    return [...helpers, ...store, ...auths].toSorted(
      (one, other) => other.path.length - one.path.length,
    );
  };

  const findInDockerConfig = async (
    host: string,
    repository: string | null,
    fresh: boolean,
  ): Promise<FoundCredentials> => {
    if (readConfig === null) return NONE;
    const read = await readConfig();
    if (read.kind === 'failed') return { ...NONE, problem: read.problem };
    let problem: string | null = null;
    for (const { ask } of candidates(read.config, host, repository, fresh)) {
      const found = await ask();
      if (found.credentials !== null) return found;
      problem ??= found.problem;
    }
    if (problem !== null) return { ...NONE, problem };
    // Docker uses a key with a path for the whole host if the host has no key without a path.
    const other = read.config.auths.find((place) => place.host === host);
    return other === undefined ? NONE : inFile(other);
  };

  return {
    find: ({ endpoint, repository }, caller, options) => {
      const configured = findConfigured(endpoint, repository);
      if (configured !== null) return Promise.resolve(configured);
      const fresh = options?.fresh === true;
      return unlessAborted(findInDockerConfig(endpoint.name, repository, fresh), caller);
    },
  };
};
