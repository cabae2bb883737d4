import type { FastifyInstance } from 'fastify';
import {
  APPROVER_TOKEN,
  createMemoryPorts,
  VIEWER_TOKEN,
} from '../../test/support/work/memory-ports.ts';
import { createServer } from '../../src/http/server.ts';
import { code, GENERATED, table } from './markdown.ts';
import { describeType, fieldsOf, type JsonSchema } from './schema-text.ts';

type Content = Readonly<Record<string, { readonly schema?: JsonSchema }>>;
type Parameter = {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: JsonSchema;
};
type Operation = {
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly unknown[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses?: Readonly<Record<string, { readonly content?: Content }>>;
};
type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
};
type Route = { readonly method: string; readonly path: string; readonly operation: Operation };

const FORBIDDEN = 403;

const isStream = ({ responses }: Operation): boolean =>
  responses?.['200']?.content?.['text/event-stream'] !== undefined;

/** The role that a request needs, as the server itself reports it to tokens that can only read or approve. */
const roleOf = async (
  server: FastifyInstance,
  { method, path, operation }: Route,
): Promise<string> => {
  if (operation.security?.length === 0) return path.startsWith('/hooks') ? 'a hook secret' : '';
  // A stream has no end to wait for.
  if (isStream(operation)) return 'viewer';
  const isRefused = async (token: string): Promise<boolean> => {
    const answer = await server.inject({
      method: method.toUpperCase() as 'GET',
      url: path.replaceAll(/[{}]/g, ''),
      headers: { authorization: `Bearer ${token}` },
    });
    return answer.statusCode === FORBIDDEN;
  };
  if (!(await isRefused(VIEWER_TOKEN))) return 'viewer';
  return (await isRefused(APPROVER_TOKEN)) ? 'operator' : 'approver';
};

const schemaOf = (content: Content | undefined): JsonSchema | undefined =>
  Object.values(content ?? {})[0]?.schema;

/** For a list: `{"items": [Service], "next"}`. */
const bodyText = (schema: JsonSchema | undefined): string => {
  if (schema === undefined) return '';
  const items = schema.properties?.['items'];
  if (schema.$ref === undefined && items?.items !== undefined) {
    return `a list of ${describeType(items.items)}`;
  }
  const names = fieldsOf(schema).map(({ path }) => path);
  return names.length === 0 ? describeType(schema) : code(`{${names.join(', ')}}`);
};

const answersOf = ({ responses }: Operation): string =>
  Object.entries(responses ?? {})
    .filter(([status]) => status.startsWith('2'))
    .map(([status, { content }]) =>
      content?.['text/event-stream'] === undefined
        ? [status, bodyText(schemaOf(content))].filter(Boolean).join(' ')
        : `${status} server-sent events`,
    )
    .join('; ');

const inputsOf = ({ parameters, requestBody }: Operation): string => {
  const queries = (parameters ?? [])
    .filter((one) => one.in === 'query')
    .map(({ name }) => code(name));
  const body = bodyText(schemaOf(requestBody?.content));
  return [queries.join(', '), body === '' ? '' : `body ${body}`].filter(Boolean).join('; ');
};

const TITLE: Readonly<Record<string, string>> = { 'smart-redeploy': 'SmartRedeploy' };
const titleOf = (tag: string): string =>
  TITLE[tag] ?? `${tag[0]?.toUpperCase() ?? ''}${tag.slice(1).replaceAll('-', ' ')}`;

const schemaLines = (name: string, schema: JsonSchema): readonly string[] => {
  const fields = fieldsOf(schema);
  const rows = fields.map(({ path, schema: inner, isRequired }) => [
    code(path),
    describeType(inner),
    [isRequired ? '' : 'may be left out', inner.description ?? ''].filter(Boolean).join('; '),
  ]);
  const head = schema.description ?? (rows.length === 0 ? describeType(schema) : '');
  return [
    '',
    `### ${name}`,
    ...(head === '' ? [] : ['', head]),
    '',
    ...table(['field', 'is', 'meaning'], rows),
  ];
};

/** The API reference: every route and every schema of its description (`/openapi.json`). */
export const printApi = async (): Promise<string> => {
  const server = await createServer(createMemoryPorts().deps);
  try {
    await server.ready();
    // The library's own type also includes older versions of OpenAPI.
    const { paths, components } = server.swagger() as unknown as Document;
    const routes: readonly Route[] = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
    );
    const byTag = Map.groupBy(routes, ({ operation }) => operation.tags?.[0] ?? 'other');
    const sections: string[] = [];
    for (const [tag, own] of byTag) {
      const rows = await Promise.all(
        own.map(async (route) => [
          code(`${route.method.toUpperCase()} ${route.path}`),
          await roleOf(server, route),
          inputsOf(route.operation),
          answersOf(route.operation),
          route.operation.summary ?? '',
        ]),
      );
      sections.push(
        '',
        `### ${titleOf(tag)}`,
        '',
        ...table(['route', 'role', 'takes', 'answers', 'does'], rows),
      );
    }
    const schemas = Object.entries(components.schemas).toSorted(([a], [b]) => a.localeCompare(b));
    return `${[
      GENERATED,
      '# API reference',
      '',
      'Every route and every shape, as `GET /openapi.json` describes them. How to sign in, lists, errors and',
      'repeating safely: [API](../guide/api.md). Anything else than 2xx is a [Problem](#problem).',
      '',
      '## Routes',
      ...sections,
      '',
      '## Shapes',
      ...schemas.flatMap(([name, schema]) => schemaLines(name, schema)),
    ].join('\n')}\n`;
  } finally {
    await server.close();
  }
};
