import { open } from 'node:fs/promises';
import { z } from 'zod';
import { canonicalHost } from '../../../core/image/image-reference.ts';
import { createSecret, type Secret } from '../../../core/secret.ts';

export type Credentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: Secret }
  /** What `docker login` keeps for registries that exchange it for tokens. */
  | { readonly kind: 'identity-token'; readonly token: Secret };

/** What a key of a Docker `config.json` speaks of: a host, or the repositories below a path of it. */
export type Place = {
  readonly host: string;
  /** Empty for the whole host; else as a repository begins: `group/project`. */
  readonly path: string;
  /** The key as it was written, which helpers know it by. */
  readonly key: string;
};

/** A Docker `config.json`, its keys turned into places as images name them. */
export type DockerConfig = {
  readonly auths: readonly (Place & { readonly credentials: Credentials })[];
  readonly credHelpers: readonly (Place & { readonly helper: string })[];
  readonly credsStore: string | null;
};

export type DockerConfigRead =
  | { readonly kind: 'read'; readonly config: DockerConfig }
  | { readonly kind: 'failed'; readonly problem: string };

const MOST_BYTES = 1024 * 1024;

/** Helpers write this for a user name where the secret is an identity token. */
export const TOKEN_USERNAME = '<token>';

/** Every part may be null, which is absent. */
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

/** The name under which Docker has always kept the credentials of its Hub. */
export const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';
/** What today's `docker login` keeps beside them, and no registry is shown. */
const LOGIN_TOKENS = /^v1\/(?:access|refresh)-token$/;

/** `https://index.docker.io/v1/` and its like, as images name it; null for what belongs to no registry. */
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
 * Those of the places that speak of a repository, the nearest first: the longest path, and of a host the key
 * that is written just as Docker asks for it. `repository` is null for the host as such.
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
  // Old files end the password with NULs.
  const password = colon > 0 ? pair.slice(colon + 1).replace(/\0+$/, '') : (entry.password ?? '');
  if (username === '') return null;
  return username === TOKEN_USERNAME
    ? { kind: 'identity-token', token: createSecret(password) }
    : { kind: 'password', username, password: createSecret(password) };
};

/** Parses what `docker login` writes. The problem never quotes the file. */
export const parseDockerConfig = (text: string): DockerConfigRead => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { kind: 'failed', problem: 'it is no JSON' };
  }
  const parsed = File.safeParse(json);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.slice(0, 1).join('') ?? '';
    return { kind: 'failed', problem: `${where === '' ? 'it' : where} is not as Docker writes it` };
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

/** Reads the file whenever it has changed since it was read last. */
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
