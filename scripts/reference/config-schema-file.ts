import { z } from 'zod';
import { configSchema } from '../../src/config/schema/config-schema.ts';
import { FILE_KEYS } from '../../src/config/source/secret-file.ts';
import { KEY_TEXTS } from './config-meanings.ts';
import type { JsonSchema } from './schema-text.ts';

/** A value that the environment fills in; the configuration reads any scalar from such a text. */
const FROM_ENVIRONMENT: JsonSchema = { type: 'string', pattern: String.raw`\$\{` };

/** Markdown links and code marks, which editors show as they are. */
const plain = (markdown: string): string =>
  markdown.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '');

const isText = ({ type, enum: choices }: JsonSchema): boolean =>
  choices === undefined && [type ?? []].flat().includes('string');

const isScalar = ({ type, enum: choices, const: only }: JsonSchema): boolean =>
  only === undefined &&
  (choices !== undefined || ['integer', 'number', 'boolean'].includes(String(type)));

/** Numbers, flags and choices accept `${VAR}` too, and the address to listen at a port alone. */
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

/** The part of the schema at `path`, with what a file may contain besides the values that zod describes. */
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
 * The JSON Schema of a configuration file, with which editors complete and check it. It is wider than the program's own
 * check, which also knows addresses, patterns and what belongs together.
 */
export const printConfigSchema = (): string => {
  // Zod writes it of its own schema, so it is one.
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    unrepresentable: 'any',
  }) as JsonSchema;
  // Loading fills in the clusters where the file has none.
  const { required: _, ...file } = forEditors(schema, '');
  const whole = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'doppler-cd-helper configuration',
    ...file,
  };
  return `${JSON.stringify(whole, null, 2)}\n`;
};
