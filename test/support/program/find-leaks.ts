import { existsSync, readFileSync } from 'node:fs';
import { loadConfig } from '../../../src/config/load-config.ts';
import { readTextFile } from '../../../src/config/files/read-text-file.ts';
import { secretsOf } from '../../../src/config/secrets-of.ts';

/** Shorter values appear in many harmless words. */
const SHORTEST = 6;
/** Characters to show around a leaked secret, to help find out who wrote it. */
const SHOWN = 80;

/** Every secret that these variables, and the file that they name, give to a helper. */
export const secretsGiven = (
  env: Readonly<Record<string, string | undefined>>,
): { readonly all: readonly string[]; readonly apiTokens: readonly string[] } => {
  const loaded = loadConfig({ env, readFile: readTextFile });
  if (!loaded.ok) return { all: [], apiTokens: [] };
  const { config } = loaded;
  return { all: secretsOf(config), apiTokens: secretsOf(config.api) };
};

/** The files of a store as bytes, including what is only in its log. */
export const readStore = (path: string): string =>
  ['', '-wal', '-journal']
    .map((ending) => `${path}${ending}`)
    .filter(existsSync)
    .map((file) => readFileSync(file, 'latin1'))
    .join('\n');

const formsOf = (secret: string): readonly string[] => [
  secret,
  encodeURIComponent(secret),
  JSON.stringify(secret).slice(1, -1),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('base64url'),
];

/**
 * Where a secret appears in a text, in any form that it can have there. The result does not contain the secret itself.
 */
export const findLeaks = (
  secrets: readonly string[],
  texts: Readonly<Record<string, string>>,
): readonly string[] =>
  secrets
    .filter((secret) => secret.length >= SHORTEST)
    .flatMap(formsOf)
    .flatMap((form) =>
      Object.entries(texts).flatMap(([where, text]) => {
        const at = text.indexOf(form);
        if (at === -1) return [];
        const around = text.slice(Math.max(at - SHOWN, 0), at + form.length + SHOWN);
        return [`${where}: ${around.replaceAll(form, '<a secret>')}`];
      }),
    );
