/** The first twelve hex digits, for people. */
export const shortDigest = (digest: string): string =>
  digest.slice(digest.indexOf(':') + 1).slice(0, 12);

/** A commit as people name it; other revisions, such as those of Subversion, are short already. */
export const shortRevision = (revision: string): string =>
  /^[0-9a-f]{12,}$/i.test(revision) ? revision.slice(0, 9) : revision;

/** Docker Hub's own name says nothing that people do not know. */
export const familiarImage = (image: string): string =>
  image.replace(/^docker\.io\/(?:library\/)?/, '');

/** The address of a source, where it is one that may be followed. */
export const sourceLink = (source: string | null): string | null =>
  source !== null && URL.canParse(source) && /^https?:$/.test(new URL(source).protocol)
    ? source
    : null;
