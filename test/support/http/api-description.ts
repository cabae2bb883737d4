import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { default as addFormats } from 'ajv-formats';

export type Schema = Readonly<Record<string, unknown>>;
type Content = Readonly<Record<string, { readonly schema: Schema }>>;
export type Operation = {
  readonly operationId: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: 'path' | 'query' | 'header';
    readonly required?: boolean;
    readonly schema: Schema;
  }[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
};
export type ApiDocument = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

export type DescribedOperation = Operation & { readonly method: string; readonly path: string };

export const operationsOf = ({ paths }: ApiDocument): readonly DescribedOperation[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      path,
      method: method.toUpperCase(),
    })),
  );

export type RealAnswer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: unknown;
};

/** Reports how an answer differs from the API description, or returns null. */
export const createAnswerCheck = (
  document: ApiDocument,
): ((operation: DescribedOperation, answer: RealAnswer) => string | null) => {
  // `readOnly` and similar keywords are OpenAPI's own annotations.
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
  const { components } = document;
  const compiled = new Map<Schema, ValidateFunction>();
  const validatorOf = (schema: Schema): ValidateFunction => {
    const known = compiled.get(schema) ?? ajv.compile({ ...schema, components });
    compiled.set(schema, known);
    return known;
  };

  return ({ responses }, { status, headers, text, body }) => {
    const described = responses[String(status)] ?? responses['default'];
    if (described === undefined) return `status ${status} is not described`;
    if (described.content === undefined) return text === '' ? null : `a body: ${text}`;
    const [type = ''] = (headers.get('content-type') ?? '').split(';');
    const schema = described.content[type]?.schema;
    if (schema === undefined) return `type ${type} of status ${status} is not described`;
    const validate = validatorOf(schema);
    const shown = type.endsWith('json') ? body : text;
    return validate(shown) ? null : `${status} ${ajv.errorsText(validate.errors)}: ${text}`;
  };
};
