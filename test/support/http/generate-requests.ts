import * as fc from 'fast-check';
import type { ApiDocument, DescribedOperation, Schema } from './api-description.ts';

export type GeneratedRequest = {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
};

/** An address cannot contain lone surrogates. */
const text = (options: fc.StringConstraints = {}): fc.Arbitrary<string> =>
  fc.string({ unit: 'binary', ...options });

const DEEPEST = 6;

/** Values that a schema allows. */
const allowedBy = (document: ApiDocument, schema: Schema, depth = 0): fc.Arbitrary<unknown> => {
  const inner = (one: Schema): fc.Arbitrary<unknown> => allowedBy(document, one, depth + 1);
  if (depth > DEEPEST) return fc.constant(null);
  const reference = schema['$ref'];
  if (typeof reference === 'string') {
    const name = reference.slice(reference.lastIndexOf('/') + 1);
    return inner(document.components.schemas[name] ?? {});
  }
  const any = (schema['anyOf'] ?? schema['oneOf']) as readonly Schema[] | undefined;
  if (any !== undefined) return fc.oneof(...any.map(inner));
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
  if ('const' in schema) return fc.constant(schema['const']);
  const types = [schema['type']].flat();
  if (types.length > 1) return fc.oneof(...types.map((type) => inner({ ...schema, type })));
  switch (types[0]) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
    case 'number':
      return fc.integer({
        min: Number(schema['minimum'] ?? -1000),
        max: Number(schema['maximum'] ?? 1000),
      });
    case 'string': {
      if (schema['format'] === 'date-time') {
        return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
      }
      const minLength = Number(schema['minLength'] ?? 0);
      return text({ minLength, maxLength: Math.min(Number(schema['maxLength'] ?? 40), 300) });
    }
    case 'array':
      return fc.array(inner((schema['items'] ?? {}) as Schema), { maxLength: 5 });
    case 'object': {
      const properties = (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>;
      const required = (schema['required'] ?? []) as string[];
      return fc.record(
        Object.fromEntries(Object.entries(properties).map(([key, one]) => [key, inner(one)])),
        { requiredKeys: required.filter((key) => key in properties) },
      );
    }
    default:
      return fc.jsonValue();
  }
};

/**
 * Requests for an operation. Most are valid by its description, some of them with the values in `known` (by parameter).
 * Some are invalid.
 */
export const requestsFor = (
  document: ApiDocument,
  operation: DescribedOperation,
  known: Readonly<Record<string, readonly string[]>>,
): fc.Arbitrary<GeneratedRequest> => {
  const spoiled = fc.oneof(text({ maxLength: 600 }), fc.constantFrom('', ' ', '..', '%00', '*'));
  const valueOf = (name: string, schema: Schema): fc.Arbitrary<string> =>
    fc.oneof(
      { weight: 4, arbitrary: allowedBy(document, schema).map(String) },
      { weight: 1, arbitrary: spoiled },
      ...(known[name] ?? []).map((value) => ({ weight: 4, arbitrary: fc.constant(value) })),
    );
  const parametersIn = (place: string) =>
    (operation.parameters ?? []).filter((parameter) => parameter.in === place);
  const recordOf = (
    place: string,
    value: (one: string) => string,
  ): fc.Arbitrary<Record<string, string>> =>
    fc.record(
      Object.fromEntries(
        parametersIn(place).map(({ name, schema }) => [name, valueOf(name, schema).map(value)]),
      ),
      { requiredKeys: place === 'path' ? parametersIn(place).map(({ name }) => name) : [] },
    ) as fc.Arbitrary<Record<string, string>>;
  const schema = operation.requestBody?.content['application/json']?.schema;
  const body =
    schema === undefined
      ? fc.constant(undefined)
      : fc.oneof(
          { weight: 6, arbitrary: allowedBy(document, schema) },
          { weight: 1, arbitrary: fc.jsonValue() },
          { weight: 1, arbitrary: fc.constant(undefined) },
        );
  return fc
    .record({
      // An empty segment, or one that means a folder, makes a different address.
      path: recordOf('path', (value) => encodeURIComponent(value.replace(/^\.{0,2}$/, 'x'))),
      query: recordOf('query', String),
      // A client never sends characters that HTTP does not allow.
      headers: recordOf('header', (value) => value.replaceAll(/[^\x21-\x7e]/g, '')),
      body,
    })
    .map(({ path, ...rest }) => ({
      ...rest,
      path: operation.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => path[name] ?? ''),
    }));
};
