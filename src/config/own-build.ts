import { readFileSync } from 'node:fs';

/** What this program was built from. */
export type OwnBuild = {
  readonly version: string;
  /** Null for a checkout, and for an image that was built without being told. */
  readonly revision: string | null;
};

const read = (path: string): unknown =>
  JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));

/** Beside the compiled program stands a file that the image's build wrote. */
const readRevision = (): string | null => {
  try {
    return (read('../build.json') as { readonly revision: string | null }).revision;
  } catch {
    return null;
  }
};

/** Reads it from the files that the program came with. */
export const ownBuild = (): OwnBuild => ({
  version: (read('../../package.json') as { readonly version: string }).version,
  revision: readRevision(),
});
