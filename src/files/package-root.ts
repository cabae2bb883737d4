import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of our `package.json`: above the sources, and above the bundle built from them. */
export const packageRoot = (): string => {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) throw new Error('the program has lost its package.json');
  }
};
