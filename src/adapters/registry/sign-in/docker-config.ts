import { open } from 'node:fs/promises';
import { z } from 'zod';
import { canonicalHost } from '../../../core/image/image-reference.ts';
import { createSecret, type Secret } from '../../../core/secret.ts';

export type Credentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: Secret }
  /** What `docker login` stores for registries that exchange it for tokens. */
  | { readonly kind: 'identity-token'; readonly token: Secret };

/** What a key of a Docker `config.json` stands for: a host, or the repositories below a path of it. */
export type Place = {
  readonly host: string;
  /** Empty for the whole host, otherwise the beginning of a repository: `group/project`. */
  readonly path: string;
  /** The key as written in the file; helpers know it by this name. */
  readonly key: string;
};

/** A Docker `config.json`, with its keys resolved to places as image names spell them. */
export type DockerConfig = {
  readonly auths: readonly (Place & { readonly credentials: Credentials })[];
  readonly credHelpers: readonly (Place & { readonly helper: string })[];
  readonly credsStore: string | null;
};

export type DockerConfigRead =
  | { readonly kind: 'read'; readonly config: DockerConfig }
  | { readonly kind: 'failed'; readonly problem: string };

const MOST_BYTES = 1024 * 1024;

/** Helpers use this as the user name if the secret is an identity token. */
export const TOKEN_USERNAME = '<token>';

/** Any part may be null, which means absent. */
const optionalText = z.string().nullish();

const AuthEntry = z.object({
  auth: optionalText,
  username: optionalText,
  password: optionalText,
  identitytoken: optionalText,
});

const File = z.object({
  auths: z.record(z.string(), AuthEntry.nullish()).nullish(),
  credHelpers: z.record(z.string(), optionalText).nullish(),
  credsStore: optionalText,
});

/** The key under which Docker has always stored its Hub's credentials. */
export const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';
/** Current `docker login` also stores these. They are never sent to a registry. */
const LOGIN_TOKENS = /^v1\/(?:access|refresh)-token$/;

/**
 * The place of a key such as `https://index.docker.io/v1/`, as image names spell it; null for a key that belongs to
 * no registry.
 */
export const placeOfKey = (key: string): Place | null => {
  const [name = '', ...rest] = key.replace(/^https?:\/\//, '').split('/');
  const host = canonicalHost(name.toLowerCase());
  const path = rest.join('/').replace(/^\/+|\/+$/g, '');
  if (host === 'docker.io' && LOGIN_TOKENS.test(path)) return null;
  return { host, path: path === 'v1' || path === 'v2' ? '' : path, key };
};

const isExact = ({ host, key }: Place): boolean =>
  key === (host === 'docker.io' ? DOCKER_HUB_KEY : host);

/**
 * The places that apply to a repository, nearest first: the longest path, and for a host the key in the exact form
 * that Docker asks for. `repository` is null for the host itself.
 */
export const nearestPlaces = <P extends Place>(
  places: readonly P[],
  host: string,
  repository: string | null,
): readonly P[] =>
  places
    .filter(
      (place) =>
        place.host === host &&
        (place.path === '' || `${repository ?? ''}/`.startsWith(`${place.path}/`)),
    )
    .toSorted(
      (one, other) =>
        other.path.length - one.path.length || Number(isExact(other)) - Number(isExact(one)),
    );

const credentialsOf = (entry: z.infer<typeof AuthEntry>): Credentials | null => {
  if (entry.identitytoken) {
    return { kind: 'identity-token', token: createSecret(entry.identitytoken) };
  }
  const pair = Buffer.from(entry.auth ?? '', 'base64').toString();
  const colon = pair.indexOf(':');
  const username = colon > 0 ? pair.slice(0, colon) : (entry.username ?? '');
  // Old files pad the password with NULs at the end.
  const password = colon > 0 ? pair.slice(colon + 1).replace(/\0+$/, '') : (entry.password ?? '');
  if (username === '') return null;
  return username === TOKEN_USERNAME
    ? { kind: 'identity-token', token: createSecret(password) }
    : { kind: 'password', username, password: createSecret(password) };
};

/** Parses the file that `docker login` writes. The problem never quotes it. */
export const parseDockerConfig = (text: string): DockerConfigRead => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { kind: 'failed', problem: 'it is not JSON' };
  }
  const parsed = File.safeParse(json);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.slice(0, 1).join('') ?? '';
    return {
      kind: 'failed',
      problem: `${where === '' ? 'it' : where} is not in the format of Docker`,
    };
  }
  const { auths, credHelpers, credsStore } = parsed.data;
  const found = Object.entries(auths ?? {}).flatMap(([key, entry]) => {
    const credentials = entry ? credentialsOf(entry) : null;
    const place = placeOfKey(key);
    return credentials === null || place === null ? [] : [{ ...place, credentials }];
  });
  const helpers = Object.entries(credHelpers ?? {}).flatMap(([key, helper]) => {
    const place = placeOfKey(key);
    return place === null || !helper ? [] : [{ ...place, helper }];
  });
  return {
    kind: 'read',
    config: {
      auths: found,
      credHelpers: helpers,
      credsStore: credsStore ? credsStore : null,
    },
  };
};

/** Reads the file again whenever it has changed. */
export const createDockerConfigReader = (path: string): (() => Promise<DockerConfigRead>) => {
  let last: { stamp: string; read: DockerConfigRead } | null = null;
  return async () => {
    try {
      await using file = await open(path, 'r');
      const { mtimeMs, size, ino } = await file.stat();
      if (size > MOST_BYTES) return { kind: 'failed', problem: `${path} is larger than 1 MiB` };
      const stamp = `${mtimeMs} ${size} ${ino}`;
      if (last?.stamp !== stamp) {
        const read = parseDockerConfig(await file.readFile('utf8'));
        last = {
          stamp,
          read: read.kind === 'read' ? read : { ...read, problem: `${path}: ${read.problem}` },
        };
      }
      return last.read;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      return { kind: 'failed', problem: `${path} cannot be read (${code})` };
    }
  };
};
