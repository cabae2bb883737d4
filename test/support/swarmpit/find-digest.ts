import { splitImage } from './show-service.ts';

/** The result of Swarmpit's own lookup. */
export type FoundDigest =
  /** Null if the registry answered with a type that was not requested, such as OCI's. */
  | { readonly kind: 'found'; readonly digest: string | null }
  | { readonly kind: 'not-linked'; readonly host: string }
  /** The answer for a manifest has no text that Swarmpit reads. The answer of a token server has one. */
  | { readonly kind: 'refused'; readonly status: number; readonly text: string | null }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'no-connection'; readonly message: string };

export type Credentials = { readonly username: string; readonly password: string };

export type DigestLookup = {
  /** The address of each registry host, e.g. `registry.local:5000` → `http://127.0.0.1:41234`. */
  readonly registries: Readonly<Record<string, string>>;
  /** Hosts linked with Swarmpit. Docker Hub needs no link. */
  readonly linked: ReadonlySet<string>;
  /** The credentials of a linked host; without any, access is anonymous. */
  readonly credentials: Readonly<Record<string, Credentials>>;
  readonly timeoutMs: number;
  readonly asksForList: boolean;
};

const LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

/** If a name has a dot or a colon anywhere, its first part counts as a host, even for Docker Hub. */
const hostOf = (name: string): { host: string | null; path: string } => {
  const slash = name.indexOf('/');
  if (slash === -1) return { host: null, path: `library/${name}` };
  return /[.:]|localhost/.test(name)
    ? { host: name.slice(0, slash), path: name.slice(slash + 1) }
    : { host: null, path: name };
};

const basic = ({ username, password }: Credentials): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** Docker Hub's token server reports the error under `details`, the others do it like registries. */
const textOf = (body: string): string | null => {
  try {
    const read = JSON.parse(body) as { details?: string; errors?: { message?: string }[] };
    return read.details ?? read.errors?.[0]?.message ?? null;
  } catch {
    return null;
  }
};

const challengeOf = (header: string | null): URL | null => {
  const fields = new Map(
    [...(header ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [
      key,
      value,
    ]),
  );
  const realm = fields.get('realm');
  if (realm === undefined || !URL.canParse(realm)) return null;
  const url = new URL(realm);
  url.searchParams.set('client_id', 'swarmpit');
  for (const [key, value] of fields) if (key !== 'realm') url.searchParams.set(key, value);
  return url;
};

type Manifest = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string | null;
};

/** One HEAD, and after a challenge a second one with the requested token. */
const askManifest = async (
  url: string,
  accept: string,
  user: Credentials | undefined,
  timeoutMs: number,
): Promise<Manifest> => {
  const authorization = user === undefined ? {} : { authorization: basic(user) };
  const head = (headers: Record<string, string>) =>
    fetch(url, { method: 'HEAD', headers, signal: AbortSignal.timeout(timeoutMs) });
  const first = await head({ accept, ...authorization });
  const challenge = challengeOf(first.headers.get('www-authenticate'));
  if (first.status !== 401 || challenge === null) {
    return { status: first.status, headers: first.headers, text: null };
  }
  const signal = AbortSignal.timeout(timeoutMs);
  const granted = await fetch(challenge, { headers: authorization, signal });
  const body = await granted.text();
  if (!granted.ok) return { status: granted.status, headers: granted.headers, text: textOf(body) };
  const { token } = JSON.parse(body) as { token?: string };
  const second = await head({ accept, authorization: `Bearer ${token ?? ''}` });
  return { status: second.status, headers: second.headers, text: null };
};

const whyUnreachable = (error: unknown, host: string): string => {
  const code = (error as { cause?: { code?: string } }).cause?.code;
  return code === 'ECONNREFUSED'
    ? `Connect to ${host} failed: Connection refused (Connection refused)`
    : `${host} failed to respond`;
};

/**
 * Asks for the Docker manifest list and then for the Docker manifest, never for OCI types, and stops at the first
 * error. For an OCI image, distribution's registry answers 404. A registry that answers anyway gives no digest.
 */
export const findDigest = async (lookup: DigestLookup, image: string): Promise<FoundDigest> => {
  const { registries, linked, credentials, timeoutMs } = lookup;
  const { name, tag } = splitImage(image);
  const { host, path } = hostOf(name);
  if (host !== null && !linked.has(host)) return { kind: 'not-linked', host };
  const known = host ?? 'docker.io';
  const base = registries[known];
  if (base === undefined) {
    return { kind: 'no-connection', message: `${known}: Name or service not known` };
  }
  const url = `${base}/v2/${path}/manifests/${tag === '' ? 'latest' : tag}`;
  try {
    for (const accept of lookup.asksForList ? [LIST, MANIFEST] : [MANIFEST]) {
      const answer = await askManifest(url, accept, credentials[known], timeoutMs);
      if (answer.status < 200 || answer.status > 299) {
        return { kind: 'refused', status: answer.status, text: answer.text };
      }
      if (answer.headers.get('content-type') === accept) {
        return { kind: 'found', digest: answer.headers.get('docker-content-digest') };
      }
    }
    return { kind: 'found', digest: null };
  } catch (error) {
    return error instanceof Error && error.name === 'TimeoutError'
      ? { kind: 'timed-out' }
      : { kind: 'no-connection', message: whyUnreachable(error, known) };
  }
};
