import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../files/package-root.ts';

/** What this program was built from. */
export type OwnBuild = {
  readonly version: string;
  /** Null for a checkout, and for an image that was built without being told. */
  readonly revision: string | null;
};

const read = (root: string, path: string): unknown =>
  JSON.parse(readFileSync(join(root, path), 'utf8'));

/** The image's build writes this file beside the program; a checkout has none. */
const readBuild = (root: string): Partial<OwnBuild> => {
  try {
    return read(root, 'dist/build.json') as Partial<OwnBuild>;
  } catch {
    return {};
  }
};

/** Reads it from the files that the program came with. A build that names no version has that of `package.json`. */
export const ownBuild = (): OwnBuild => {
  const root = packageRoot();
  const { version, revision } = readBuild(root);
  const ofPackage = read(root, 'package.json') as { readonly version: string };
  return { version: version ?? ofPackage.version, revision: revision ?? null };
};
