import { type Digest, parseDigest } from './digest.ts';

/**
 * An image reference with everything filled in that a short spelling leaves out: `nginx` is registry `docker.io`,
 * repository `library/nginx`, tag `latest`. Grammar: {@link https://github.com/distribution/reference
 * distribution/reference}.
 */
export type ImageReference = {
  /** Host, with its port if one was given: `docker.io`, `localhost:5000`, `[::1]:5000`. */
  readonly registry: string;
  /** Path at the registry, without host, tag or digest: `library/nginx`, `acme/team/app`. */
  readonly repository: string;
  /** Null only for a digest without a tag: then no push can change it. */
  readonly tag: string | null;
  readonly digest: Digest | null;
};

export type ParsedImage =
  | { readonly ok: true; readonly image: ImageReference }
  | { readonly ok: false; readonly problem: string };

const HOST_LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const HOST = new RegExp(`^(?:${HOST_LABEL}(?:\\.${HOST_LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
export const PATH_PART = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
/** The longest name, including the host, that registries and the engine accept. */
const LONGEST_NAME = 255;

/** Whether `text` is a valid tag: up to 128 letters, digits, `_`, `.` and `-`. */
export const isTag = (text: string): boolean => TAG.test(text);

/** Whether `text` is a valid registry host, with or without a port. */
export const isRegistryHost = (text: string): boolean => HOST.test(text);

/**
 * Normalises like the engine: lower case, because host names are case-insensitive, and one name for Docker Hub. A bare
 * word keeps its case: only its upper case marks it as a host rather than a folder.
 */
export const canonicalHost = (host: string): string => {
  const lower = host.toLowerCase();
  if (!/[.:]/.test(lower) && lower !== 'localhost') return host;
  return lower === 'index.docker.io' || lower === 'registry-1.docker.io' ? 'docker.io' : lower;
};

const nothing = (problem: string): ParsedImage => ({ ok: false, problem });

/** Splits a name into host and path by the engine's rule for distinguishing a host from a first folder. */
const splitHost = (name: string): { registry: string; repository: string } => {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  const isHost =
    /[.:]/.test(first) || first === 'localhost' || (first !== '' && first.toLowerCase() !== first);
  const registry = canonicalHost(isHost ? first : 'docker.io');
  const path = isHost ? name.slice(slash + 1) : name;
  return {
    registry,
    repository: registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path,
  };
};

/**
 * Parses an image as people, stack files and engines write it. Never throws: invalid input gives a problem in words for
 * a person.
 */
export const parseImageReference = (text: string): ParsedImage => {
  if (text === '') return nothing('an image needs a name');
  const at = text.indexOf('@');
  const digest = at === -1 ? null : parseDigest(text.slice(at + 1));
  if (at !== -1 && digest === null) {
    return nothing('"@" must be followed by a digest: sha256: and 64 lower-case hex digits');
  }
  const named = at === -1 ? text : text.slice(0, at);
  // A colon after the last slash starts a tag. One before it belongs to the host's port.
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const tagText = colon === -1 ? null : named.slice(colon + 1);
  const name = colon === -1 ? named : named.slice(0, colon);
  if (tagText !== null && !isTag(tagText)) {
    return nothing(
      'a tag is 1 to 128 letters, digits, "_", "." or "-", and does not begin with "." or "-"',
    );
  }
  const { registry, repository } = splitHost(name);
  if (!isRegistryHost(registry))
    return nothing('the part before the first "/" is not a valid registry host');
  if (repository !== repository.toLowerCase()) return nothing('a repository must be lower case');
  if (!repository.split('/').every((part) => PATH_PART.test(part))) {
    return nothing(
      'a repository is made of lower-case letters and digits, joined by ".", "_", "__", "-" and "/"',
    );
  }
  if (/^[a-f0-9]{64}$/.test(text)) return nothing('64 hex digits are an image id, not a name');
  if (registry.length + 1 + repository.length > LONGEST_NAME) {
    return nothing(`a name has at most ${LONGEST_NAME} characters`);
  }
  const tag = tagText ?? (digest === null ? 'latest' : null);
  return { ok: true, image: { registry, repository, tag, digest } };
};

/** Parses the images of many services, and each distinct text only once. */
export const createImageParser = (): typeof parseImageReference => {
  const parsed = new Map<string, ParsedImage>();
  return (text) => {
    const known = parsed.get(text) ?? parseImageReference(text);
    parsed.set(text, known);
    return known;
  };
};

/** Registry and repository, the key of a check: `docker.io/library/nginx`. */
export const imageName = (image: Pick<ImageReference, 'registry' | 'repository'>): string =>
  `${image.registry}/${image.repository}`;

/** The two halves of an {@link imageName}. */
export const splitName = (name: string): Pick<ImageReference, 'registry' | 'repository'> => {
  const slash = name.indexOf('/');
  return { registry: name.slice(0, slash), repository: name.slice(slash + 1) };
};

/** Normalised and without digest, as the API shows an image: `docker.io/acme/app:v1`. */
export const imageWithTag = (image: Omit<ImageReference, 'digest'>): string =>
  image.tag === null ? imageName(image) : `${imageName(image)}:${image.tag}`;

/** The whole reference; parsing it gives the same reference again. */
export const printImageReference = (image: ImageReference): string =>
  image.digest === null ? imageWithTag(image) : `${imageWithTag(image)}@${image.digest}`;

/** Whether an image's text contains a tag. A tag that was only filled in is not what its author wrote. */
export const hasWrittenTag = (text: string): boolean => {
  const [named = ''] = text.split('@', 1);
  // A colon before the last slash belongs to the host's port.
  return named.includes(':', named.lastIndexOf('/') + 1);
};

/**
 * The text of a spec's image with the tag of `image` and pinned to `digest`. Everything else stays as its author wrote
 * it: `nginx:1` becomes `nginx:1@sha256:…`. A missing tag becomes `:latest`, as with the Docker command line.
 */
export const pinImageText = (
  text: string,
  image: Pick<ImageReference, 'tag'>,
  digest: Digest,
): string => {
  const [named = ''] = text.split('@', 1);
  const name = hasWrittenTag(text) ? named.slice(0, named.lastIndexOf(':')) : named;
  return `${name}${image.tag === null ? '' : `:${image.tag}`}@${digest}`;
};
