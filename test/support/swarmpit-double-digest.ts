import { splitImage } from './swarmpit-double-services.ts';

/** What Swarmpit's own look-up comes to. */
export type FoundDigest =
  /** Null: it deploys the tag without a digest. */
  | { readonly kind: 'found'; readonly digest: string | null }
  | { readonly kind: 'not-linked'; readonly host: string }
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'no-connection' };

export type DigestLookUp = {
  /** Where each registry host is spoken to, e.g. `registry.local:5000` → `http://127.0.0.1:41234`. */
  readonly registries: Readonly<Record<string, string>>;
  /** Hosts that are linked with Swarmpit; Docker Hub needs no link. */
  readonly linked: ReadonlySet<string>;
  readonly timeoutMs: number;
};

const LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

/** The host by the rule for first folders, of a name that Swarmpit has cut already. */
const hostOf = (name: string): { host: string; path: string } => {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  if (/[.:]/.test(first) || first === 'localhost')
    return { host: first, path: name.slice(slash + 1) };
  return { host: 'docker.io', path: name.includes('/') ? name : `library/${name}` };
};

/**
 * Asks for the Docker manifest list and then for the Docker manifest, never for OCI's: an OCI image
 * is a 404 at a distribution registry, and at one that answers all the same it is deployed unpinned.
 */
export const findDigest = async (
  { registries, linked, timeoutMs }: DigestLookUp,
  image: string,
): Promise<FoundDigest> => {
  const { name, tag } = splitImage(image);
  const { host, path } = hostOf(name);
  if (host !== 'docker.io' && !linked.has(host)) return { kind: 'not-linked', host };
  const base = registries[host];
  if (base === undefined) return { kind: 'no-connection' };
  try {
    for (const accept of [LIST, MANIFEST]) {
      const answer = await fetch(`${base}/v2/${path}/manifests/${tag === '' ? 'latest' : tag}`, {
        headers: { accept },
        signal: AbortSignal.timeout(timeoutMs),
      });
      await answer.arrayBuffer();
      const type = answer.headers.get('content-type') ?? '';
      if (answer.ok && type.startsWith(accept)) {
        return { kind: 'found', digest: answer.headers.get('docker-content-digest') };
      }
      if (!answer.ok && (accept === MANIFEST || answer.status !== 404)) {
        return { kind: 'refused', status: answer.status };
      }
    }
    return { kind: 'found', digest: null };
  } catch (error) {
    return {
      kind: error instanceof Error && error.name === 'TimeoutError' ? 'timed-out' : 'no-connection',
    };
  }
};
