import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../files/package-root.ts';

/** The build of this program. */
export type OwnBuild = {
  readonly version: string;
  /** Null for a checkout, and for an image that was built without this information. */
  readonly revision: string | null;
};

const read = (root: string, path: string): unknown =>
  JSON.parse(readFileSync(join(root, path), 'utf8'));

/** The build of the image writes this file next to the program. A checkout has none. */
const readBuild = (root: string): Partial<OwnBuild> => {
  try {
    return read(root, 'dist/build.json') as Partial<OwnBuild>;
  } catch {
    return {};
  }
};

/** Reads the build from the program's files. Without a version in it, that of `package.json` counts. */
export const ownBuild = (): OwnBuild => {
  const root = packageRoot();
  const { version, revision } = readBuild(root);
  const ofPackage = read(root, 'package.json') as { readonly version: string };
  return { version: version ?? ofPackage.version, revision: revision ?? null };
};
