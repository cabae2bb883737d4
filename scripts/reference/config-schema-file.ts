import { z } from 'zod';
import { configSchema } from '../../src/config/schema/config-schema.ts';
import { FILE_KEYS } from '../../src/config/source/secret-file.ts';
import { KEY_TEXTS } from './config-meanings.ts';
import type { JsonSchema } from './schema-text.ts';

/** A value from the environment. The configuration accepts any scalar in this form. */
const FROM_ENVIRONMENT: JsonSchema = { type: 'string', pattern: String.raw`\$\{` };

/** Removes Markdown links and code marks, which editors would show literally. */
const plain = (markdown: string): string =>
  markdown.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '');

const isText = ({ type, enum: choices }: JsonSchema): boolean =>
  choices === undefined && [type ?? []].flat().includes('string');

const isScalar = ({ type, enum: choices, const: only }: JsonSchema): boolean =>
  only === undefined &&
  (choices !== undefined || ['integer', 'number', 'boolean'].includes(String(type)));

/** Numbers, flags and choices also accept `${VAR}`. The address to listen on also accepts a port alone. */
const orVariable = (schema: JsonSchema, path: string): JsonSchema => {
  if (path === 'listen') return { ...schema, type: ['string', 'integer'] };
  if (!isScalar(schema)) return schema;
  const { default: initial, description, ...rest } = schema;
  return {
    ...(initial === undefined ? {} : { default: initial }),
    ...(description === undefined ? {} : { description }),
    anyOf: [rest, FROM_ENVIRONMENT],
  };
};

const forMapping = (schema: JsonSchema, path: string): JsonSchema => {
  const properties: Record<string, JsonSchema> = {};
  const required = new Set(schema.required);
  const eitherOr: JsonSchema[] = [];
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    const at = path === '' ? name : `${path}.${name}`;
    properties[name] = forEditors(inner, at);
    if (!FILE_KEYS.includes(name) || !isText(inner)) continue;
    properties[`${name}File`] = {
      type: 'string',
      description: `Path of a file that contains ${name}.`,
    };
    if (required.delete(name)) {
      eitherOr.push({ anyOf: [{ required: [name] }, { required: [`${name}File`] }] });
    }
  }
  const { required: _, ...rest } = schema;
  return {
    ...rest,
    properties,
    ...(required.size === 0 ? {} : { required: [...required] }),
    ...(eitherOr.length === 0 ? {} : { allOf: eitherOr }),
  };
};

/** The part of the schema at `path`, with everything else that a file may contain and zod does not describe. */
const forEditors = (schema: JsonSchema, path: string): JsonSchema => {
  const { $schema: _, ...rest } = schema;
  const meaning = KEY_TEXTS[path]?.meaning;
  let made: JsonSchema = meaning === undefined ? rest : { ...rest, description: plain(meaning) };
  if (made.properties !== undefined) made = forMapping(made, path);
  if (made.items !== undefined) made = { ...made, items: forEditors(made.items, `${path}[]`) };
  if (made.anyOf !== undefined) {
    made = { ...made, anyOf: made.anyOf.map((one) => forEditors(one, path)) };
  }
  return orVariable(made, path);
};

/**
 * The JSON Schema of a configuration file, which editors use to complete and check it. It accepts more than the
 * program's own check, which also validates addresses, patterns and combinations.
 */
export const printConfigSchema = (): string => {
  // Safe: zod generates it from our schema.
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    unrepresentable: 'any',
  }) as JsonSchema;
  // If a file has no clusters, the loader adds them.
  const { required: _, ...file } = forEditors(schema, '');
  const whole = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'doppler-cd-helper configuration',
    ...file,
  };
  return `${JSON.stringify(whole, null, 2)}\n`;
};
