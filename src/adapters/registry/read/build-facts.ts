import type { Digest } from '../../../core/image/digest.ts';
import type { ImageReference } from '../../../core/image/image-reference.ts';
import type { BuildFacts } from '../../../core/image/published.ts';
import type { ContentReader } from './content.ts';
import type { IndexEntry } from './manifest-document.ts';

type Notes = Readonly<Record<string, string>>;

const PREFIX = 'org.opencontainers.image.';
/** The image's author wrote these texts and people read them, so they are kept short and plain. */
const LONGEST = 500;
const DEEPEST = 4;

const shown = (text: string | undefined): string | null => {
  const plain =
    text
      ?.replaceAll(/\p{C}+/gu, ' ')
      .trim()
      .slice(0, LONGEST) ?? '';
  return plain === '' ? null : plain;
};

/** Shown as a link, so it must be a web address. */
const shownAddress = (text: string | undefined): string | null => {
  const plain = shown(text);
  return plain !== null && /^https?:\/\//i.test(plain) && URL.canParse(plain) ? plain : null;
};

/** The facts in the notes. If several notes have the same fact, the first wins. */
export const pickBuildFacts = (notes: readonly Notes[]): BuildFacts => {
  const tell = (name: string): string | undefined =>
    notes.map((each) => each[`${PREFIX}${name}`]).find((text) => text !== undefined && text !== '');
  return {
    version: shown(tell('version')),
    revision: shown(tell('revision')),
    source: shownAddress(tell('source')),
    created: shown(tell('created')),
  };
};

/** `linux/amd64`, or else the first entry that can run: the builds of one index do not differ in these facts. */
export const pickEntry = (entries: readonly IndexEntry[]): IndexEntry | undefined => {
  const real = entries.filter(({ isAttestation }) => !isAttestation);
  return (
    real.find(({ platform }) => platform?.os === 'linux' && platform.architecture === 'amd64') ??
    real.find(({ platform }) => platform !== null) ??
    real[0]
  );
};

/**
 * What the image of a digest says about its own build: its labels first, then annotations, from the innermost
 * manifest outwards. Throws a registry's error or the caller's reason.
 */
export const readImageBuildFacts = async (
  content: ContentReader,
  image: ImageReference,
  digest: Digest,
  caller: AbortSignal,
): Promise<BuildFacts> => {
  const outer: Notes[] = [];
  let next = digest;
  for (let depth = 1; depth <= DEEPEST; depth += 1) {
    const document = await content.readDocument(image, next, caller);
    outer.unshift(document.annotations);
    if (document.kind === 'image') {
      const { labels } = await content.readImageConfig(image, document.config, caller);
      return pickBuildFacts([labels, ...outer]);
    }
    const entry = pickEntry(document.entries);
    if (entry === undefined) break;
    outer.unshift(entry.annotations);
    next = entry.digest;
  }
  return pickBuildFacts(outer);
};
