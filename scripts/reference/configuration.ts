import { z } from 'zod';
import { configSchema } from '../../src/config/schema/config-schema.ts';
import * as known from '../../src/config/source/variables.ts';
import { KEY_TEXTS } from './config-meanings.ts';
import { code, GENERATED, table } from './markdown.ts';
import { describeType, type Field, fieldsOf, type JsonSchema } from './schema-text.ts';

const variablesOf = (): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>();
  const add = (key: string, name: string): void => {
    found.set(key, [...(found.get(key) ?? []), name]);
  };
  for (const [name, { path }] of Object.entries(known.PLAIN_VARIABLES)) add(path.join('.'), name);
  for (const [name, path] of Object.entries(known.CLUSTER_VARIABLES)) {
    add(`clusters[].${path.join('.')}`, name);
  }
  add('hooks.secrets', known.HOOK_SECRET);
  add('api.tokens', known.API_TOKEN);
  add('registries[].insecure', known.REGISTRY_INSECURE);
  add('registries[].signInHosts', known.REGISTRY_SIGN_IN_HOSTS);
  return found;
};

const isTold = (value: unknown): boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

const initialOf = ({ path, schema, isRequired }: Field): string => {
  const told = KEY_TEXTS[path]?.initial;
  if (told !== undefined) return told;
  if (isRequired) return 'required';
  return isTold(schema.default) ? code(String(schema.default)) : 'none';
};

/** The keys below describe mappings and lists of mappings. */
const typeOf = (schema: JsonSchema): string => {
  const text = describeType(schema)
    .replaceAll(/ or null$/g, '')
    .replaceAll('object', 'mapping')
    .replaceAll(/\blist of any\b/g, 'list of mapping');
  return text;
};

const SECTIONS: Readonly<Record<string, string>> = {
  listen: 'The server',
  clusters: 'Clusters',
  registries: 'Registries',
  hooks: 'Hooks',
  api: 'API and metrics',
  smartRedeploy: 'SmartRedeploy',
  notifications: 'Notifications',
  policies: 'Gates',
  forges: 'Forges',
  retention: 'Retention',
};

/** The configuration reference: every key of the schema, with its variable. */
export const printConfiguration = (): string => {
  const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' });
  const variables = variablesOf();
  const lines: string[] = [
    GENERATED,
    '# Configuration reference',
    '',
    'Every key and variable. How they are given, with examples: [configuration](../guide/configuration.md).',
    'Each variable may be given as `…_FILE` too, the path of a file with the value in it.',
  ];
  let rows: string[][] = [];
  const endSection = (): void => {
    lines.push(...table(['key', 'default', 'variable', 'meaning', 'value'], rows, 'all'));
    rows = [];
  };
  // Safe: zod generates it from our schema.
  for (const field of fieldsOf(schema as JsonSchema)) {
    const title = SECTIONS[field.path];
    if (title !== undefined) {
      endSection();
      lines.push('', `## ${title}`, '');
    }
    const names = (variables.get(field.path) ?? []).map(code).join(', ');
    const meaning = KEY_TEXTS[field.path]?.meaning ?? '';
    rows.push([code(field.path), initialOf(field), names, meaning, typeOf(field.schema)]);
  }
  endSection();
  lines.push(
    '',
    '## For the command line',
    '',
    ...table(
      ['variable', 'default', 'meaning'],
      [
        ['`CD_HELPER_CONFIG`', 'none', 'the YAML file, as `--config`'],
        [
          '`CD_HELPER_URL`',
          '`http://127.0.0.1:8080`',
          'the helper, base path included; or `CD_HELPER_URL_FILE`',
        ],
        [
          '`CD_HELPER_PROFILE`',
          '`~/.config/cd-helper/profile.yaml`',
          'file with `url` and `token`, which nobody else may read; `cd-helper login` writes it',
        ],
      ],
    ),
  );
  return `${lines.join('\n')}\n`;
};
