import { open } from 'node:fs/promises';
import { z } from 'zod';
import { canonicalHost } from '../../core/image-reference.ts';
import { createSecret, type Secret } from '../../core/secret.ts';

export type Credentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: Secret }
  /** What `docker login` keeps for registries that exchange it for tokens. */
  | { readonly kind: 'identity-token'; readonly token: Secret };

/** A Docker `config.json`, its keys turned into hosts as images name them. */
export type DockerConfig = {
  readonly auths: ReadonlyMap<string, Credentials>;
  /** Host → name of the helper, and the key as it was written, which the helper knows it by. */
  readonly credHelpers: ReadonlyMap<string, { readonly helper: string; readonly key: string }>;
  readonly credsStore: string | null;
};

export type DockerConfigRead =
  | { readonly kind: 'read'; readonly config: DockerConfig }
  | { readonly kind: 'failed'; readonly problem: string };

const MOST_BYTES = 1024 * 1024;

/** Helpers write this for a user name where the secret is an identity token. */
export const TOKEN_USERNAME = '<token>';

const AuthEntry = z.object({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
});

const File = z.object({
  auths: z.record(z.string(), AuthEntry).default({}),
  credHelpers: z.record(z.string(), z.string()).default({}),
  credsStore: z.string().optional(),
});

/** `https://index.docker.io/v1/` and its like, as the host that images name. */
export const hostOfKey = (key: string): string => {
  const [host = ''] = key.replace(/^https?:\/\//, '').split('/');
  return canonicalHost(host);
};

const credentialsOf = (entry: z.infer<typeof AuthEntry>): Credentials | null => {
  if (entry.identitytoken !== undefined && entry.identitytoken !== '') {
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
  const found = Object.entries(auths).flatMap(([key, entry]): [string, Credentials][] => {
    const credentials = credentialsOf(entry);
    return credentials === null ? [] : [[hostOfKey(key), credentials]];
  });
  const helpers = Object.entries(credHelpers).map(
    ([key, helper]): [string, { helper: string; key: string }] => [hostOfKey(key), { helper, key }],
  );
  return {
    kind: 'read',
    config: {
      auths: new Map(found),
      credHelpers: new Map(helpers),
      credsStore: credsStore === undefined || credsStore === '' ? null : credsStore,
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
