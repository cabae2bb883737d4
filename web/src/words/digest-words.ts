/** The first twelve hex digits, for people. */
export const shortDigest = (digest: string): string =>
  digest.slice(digest.indexOf(':') + 1).slice(0, 12);

/** A commit in short form. Other revisions, such as Subversion's, are short already. */
export const shortRevision = (revision: string): string =>
  /^[0-9a-f]{12,}$/i.test(revision) ? revision.slice(0, 9) : revision;

/** An image without Docker Hub's host name. */
export const familiarImage = (image: string): string =>
  image.replace(/^docker\.io\/(?:library\/)?/, '');

/** The address of a source, if it is a web address; otherwise null. */
export const sourceLink = (source: string | null): string | null =>
  source !== null && URL.canParse(source) && /^https?:$/.test(new URL(source).protocol)
    ? source
    : null;
