import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

// One that cannot be read keeps every version from being made.
it.each(globSync('.changeset/*.md', { exclude: ['.changeset/README.md'] }))(
  '%s names the package, how much changes, and what',
  (file) => {
    expect(readFileSync(file, 'utf8')).toMatch(
      /^---\n"doppler-cd-helper": (?:patch|minor|major)\n---\n\n\S/,
    );
  },
);
