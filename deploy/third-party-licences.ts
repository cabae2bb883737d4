import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type LockedPackages = Readonly<
  Record<string, { readonly dev?: boolean; readonly version?: string; readonly license?: string }>
>;

/** What the dashboard's files hold of others: built into them, these are no dependencies of the helper. */
export const BUILT_IN: readonly string[] = ['@preact/signals', '@preact/signals-core', 'preact'];

const LICENCE_FILE = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i;
const LINE = '='.repeat(80);

const textsOf = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((file) => LICENCE_FILE.test(file))
    .toSorted()
    .map((file) => readFileSync(join(folder, file), 'utf8').trim());

const isShipped = (folder: string, { dev = false }: { readonly dev?: boolean }): boolean =>
  folder !== '' && (!dev || BUILT_IN.includes(folder.replace(/^node_modules\//, '')));

/**
 * The licences of everything by others in the image, as text: of each package its name, version, licence and what its
 * licence files say. Packages of other platforms are in the lock file and not installed.
 */
export const thirdPartyLicences = (packages: LockedPackages): string => {
  const parts = Object.entries(packages)
    .filter(([folder, about]) => isShipped(folder, about) && existsSync(folder))
    .map(([folder, { version, license }]) => {
      const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
      const head = `${name} ${version ?? ''}\nLicence: ${license ?? 'see below'}`;
      return [LINE, head, ...textsOf(folder)].join('\n\n');
    });
  return [
    'Parts of this image are by others, under these licences. Node.js and the system that the image stands on',
    'bring their own, in /usr/local/LICENSE and /usr/share/doc.',
    '',
    ...parts,
    '',
  ].join('\n');
};
