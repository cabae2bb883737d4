import { z } from 'zod';
import { configSchema } from '../schema/config-schema.ts';
import { FILE_KEYS } from '../source/secret-file.ts';
import { showKey } from '../source/show-value.ts';

const collect = (schema: unknown, keys: Set<string>): Set<string> => {
  if (typeof schema !== 'object' || schema === null) return keys;
  for (const [name, part] of Object.entries(schema)) {
    if (name === 'properties' && typeof part === 'object' && part !== null) {
      for (const key of Object.keys(part)) keys.add(key);
    }
    collect(part, keys);
  }
  return keys;
};

let known: readonly string[] | null = null;

/** Every key of the configuration, at any level. Computed once, and only if there is a mistake. */
export const knownKeys = (): readonly string[] => {
  if (known !== null) return known;
  const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' });
  const keys = [...collect(schema, new Set())];
  known = [...keys, ...FILE_KEYS.filter((key) => keys.includes(key)).map((key) => `${key}File`)];
  return known;
};

/** A key path without unknown parts: one of them may be a misplaced secret. */
export const showPath = (path: string): string =>
  path.replaceAll(/\[\d{1,5}\]|[^.[\]]+/g, (part) =>
    part.startsWith('[') ? part : showKey(part, knownKeys()),
  );
