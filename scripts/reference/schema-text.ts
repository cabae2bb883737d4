/** The parts of JSON Schema that the reference uses. */
export type JsonSchema = {
  readonly $schema?: string;
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
};

const scalar = (schema: JsonSchema, type: string): string => {
  if (type === 'string' && schema.format === 'date-time') return 'time';
  if (type !== 'integer' && type !== 'number') return type;
  const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = schema;
  const isBounded = minimum > Number.MIN_SAFE_INTEGER && maximum < Number.MAX_SAFE_INTEGER;
  return isBounded ? `${type} from ${minimum} to ${maximum}` : type;
};

/** The type of a value in a few words: `string or null`, `list of Service`, `"a" or "b"`. */
export const describeType = (schema: JsonSchema): string => {
  const { $ref, type, items } = schema;
  if ($ref !== undefined) {
    const name = $ref.slice($ref.lastIndexOf('/') + 1);
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) {
    return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  }
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return [...new Set(choices.map(describeType))].join(' or ');
  if (type === 'array') return items === undefined ? 'list' : `list of ${describeType(items)}`;
  if (type === undefined) return 'any';
  return (typeof type === 'string' ? [type] : type).map((one) => scalar(schema, one)).join(' or ');
};

export type Field = {
  /** `a`, `a.b`, `a[].b` */
  readonly path: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
};

/** Merges what several alternatives say about one field: all names that distinguish them, otherwise the first text. */
const merge = (fields: readonly Field[]): readonly Field[] => {
  const [first] = fields;
  if (first === undefined) return [];
  const names = fields.map(({ schema }) => schema.const).filter((one) => one !== undefined);
  return [names.length > 1 ? { ...first, schema: { enum: [...new Set(names)] } } : first];
};

/** Every field of a schema, including nested fields. A field of several alternatives appears once. */
export const fieldsOf = (schema: JsonSchema, prefix = ''): readonly Field[] => {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, inner]): Field[] => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    const isRequired = schema.required?.includes(name) === true;
    return [{ path, schema: inner, isRequired }, ...fieldsOf(inner, path)];
  });
  const inList = schema.items === undefined ? [] : fieldsOf(schema.items, `${prefix}[]`);
  const choices = [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])];
  const all = [...own, ...inList, ...choices.flatMap((one) => fieldsOf(one, prefix))];
  return [...Map.groupBy(all, ({ path: at }) => at).values()].flatMap(merge);
};
