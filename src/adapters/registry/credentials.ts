import { createBoundedCache } from './bounded-cache.ts';
import { unlessAborted } from '../exchange/deadline.ts';
import { askCredentialHelper } from './credential-helper.ts';
import type { Credentials, DockerConfig, DockerConfigRead } from './docker-config.ts';
import { RegistryError } from './registry-error.ts';
import type { Endpoint } from './registry-host.ts';

export type FoundCredentials = {
  /** Null where there are none, or they could not be had. */
  readonly credentials: Credentials | null;
  /** Why they could not be had. */
  readonly problem: string | null;
};

export type CredentialSource = {
  /** What is known for the endpoint; a helper's answer of a few minutes ago will do unless `fresh`. */
  readonly find: (
    endpoint: Endpoint,
    caller: AbortSignal,
    options?: { fresh?: boolean },
  ) => Promise<FoundCredentials>;
};

/** The name under which Docker has always kept the credentials of its Hub. */
export const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';

const HELPER_LIMIT_MS = 10_000;
/** Helpers cost a process and often a call to a cloud; their passwords live for hours. */
const HELPER_ANSWER_LIVES_MS = 5 * 60 * 1000;

const NONE: FoundCredentials = { credentials: null, problem: null };

/** Why nobody is signed in, where the credentials are what is missing. */
export const withoutCredentials = (host: string, found: FoundCredentials): RegistryError => {
  const detail =
    found.problem === null
      ? `${host} wants a sign-in and no credentials are configured for it, or there is no such repository`
      : `${host} wants a sign-in, and its credentials cannot be had: ${found.problem}`;
  return new RegistryError('sign-in-refused', detail, { noCredentials: true });
};

const helperFor = (config: DockerConfig, host: string): { helper: string; key: string } | null =>
  config.credHelpers.get(host) ??
  (config.credsStore === null
    ? null
    : { helper: config.credsStore, key: host === 'docker.io' ? DOCKER_HUB_KEY : host });

/**
 * Credentials of the configuration first, then those of Docker's `config.json`: a helper for that
 * host, the store of all, and what stands in the file itself.
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
        if (told.kind === 'found') return { credentials: told.credentials, problem: null };
        return told.kind === 'none' ? NONE : { credentials: null, problem: told.problem };
      },
    );
    asked.set(name, { since: now(), answer });
    return answer;
  };

  const findInDockerConfig = async (host: string, fresh: boolean): Promise<FoundCredentials> => {
    if (readConfig === null) return NONE;
    const read = await readConfig();
    if (read.kind === 'failed') return { credentials: null, problem: read.problem };
    const inFile = read.config.auths.get(host);
    const helper = helperFor(read.config, host);
    const told = helper === null ? NONE : await askHelper(helper.helper, helper.key, fresh);
    return told.credentials === null && inFile !== undefined
      ? { credentials: inFile, problem: null }
      : told;
  };

  return {
    find: (endpoint, caller, options) => {
      const { credentials, name } = endpoint;
      if (credentials !== null) {
        return Promise.resolve({
          credentials: { kind: 'password', ...credentials },
          problem: null,
        });
      }
      return unlessAborted(findInDockerConfig(name, options?.fresh === true), caller);
    },
  };
};
