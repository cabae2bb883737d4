import { z } from 'zod';
import type { PostgresAddress, PostgresSetting, StoreSetting } from '../../core/store-setting.ts';
import { integer, mapping, matching, text } from './fields.ts';
import { isPostgresUrl, type ParsedPostgresUrl, parsePostgresUrl } from './postgres-url.ts';

const USUAL_POOL_SIZE = 10;
const MOST_CONNECTIONS = 100;
const USUAL_SCHEMA = 'cd_helper';

/** A 2xx means that a delivery is on disk, so SQLite's name for a database without a file is not allowed. */
const path = text('the path of a file, or postgres://user@host/database').refine(
  (value) => value !== ':memory:',
  { error: 'the path of a file, for what is stored must outlive a restart' },
);

const ADDRESS = 'postgres://user:password@host/database';

const postgresUrl = () =>
  z.string({ error: ADDRESS }).transform((value, context) => {
    const parsed: ParsedPostgresUrl = isPostgresUrl(value)
      ? parsePostgresUrl(value)
      : { ok: false, expected: ADDRESS };
    if (parsed.ok) return parsed.url;
    context.issues.push({ code: 'custom', message: parsed.expected, input: value });
    return z.NEVER;
  });

/** Further addresses lead to the same database, so all other settings belong to the first. */
const addressAlone = () =>
  postgresUrl().transform((value, context): PostgresAddress => {
    if (value.schema === null && value.poolSize === null) return value.address;
    const message = 'schema and poolSize in url, or beside it';
    context.issues.push({ code: 'custom', message, input: undefined });
    return z.NEVER;
  });

/** More than one: a read while a transaction is open needs its own connection. */
const poolSize = integer(`a whole number from 2 to ${MOST_CONNECTIONS}`, 2, MOST_CONNECTIONS);
const schema = matching(
  'the name of a schema: small letters, digits and "_"',
  (value) => /^[a-z_][a-z0-9_]{0,62}$/.test(value) && !/^(?:pg_|information_schema$)/.test(value),
);

/** Set next to the address or in it. */
const further = mapping({
  poolSize: poolSize.default(USUAL_POOL_SIZE),
  schema: schema.default(USUAL_SCHEMA),
});

const postgres = mapping({
  url: postgresUrl(),
  listenUrl: addressAlone().nullable().default(null),
  migrateUrl: addressAlone().nullable().default(null),
  poolSize: poolSize.optional(),
  schema: schema.optional(),
}).transform((value, context): PostgresSetting => {
  const { url, listenUrl, migrateUrl } = value;
  const parsed = further.safeParse({
    poolSize: value.poolSize ?? url.poolSize ?? undefined,
    schema: value.schema ?? url.schema ?? undefined,
  });
  if (!parsed.success) {
    for (const {
      path: [key = ''],
      message,
    } of parsed.error.issues) {
      const expected = `${String(key)}=… in it: ${message}`;
      context.issues.push({ code: 'custom', message: expected, path: ['url'], input: undefined });
    }
    return z.NEVER;
  }
  return {
    kind: 'postgres',
    address: url.address,
    listen: listenUrl,
    migrate: migrateUrl,
    ...parsed.data,
  };
});

const file = path.transform((value): StoreSetting => ({ kind: 'sqlite', path: value }));

const isMapping = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const parse = (value: unknown) => {
  if (isMapping(value)) return postgres.safeParse(value);
  const isUrl = typeof value === 'string' && isPostgresUrl(value);
  return isUrl ? postgres.safeParse({ url: value }) : file.safeParse(value);
};

const read = (value: unknown, context: z.core.$RefinementCtx): StoreSetting => {
  const parsed = parse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    // The address alone replaces the mapping.
    const at = isMapping(value) ? issue.path : [];
    context.issues.push({ ...issue, path: at, input: undefined });
  }
  return z.NEVER;
};

/** `store`: the path of a SQLite file, the address of a PostgreSQL database, or a mapping with its settings. */
export const store = z
  .unknown()
  .transform((value, context): StoreSetting => read(value, context))
  .meta({
    // A transform has no description of its own. It is computed on demand.
    get anyOf() {
      const io = { io: 'input', unrepresentable: 'any' } as const;
      return [z.toJSONSchema(path, io), z.toJSONSchema(postgres, io)];
    },
  });

/** Parses a store named on a command line, or returns what is expected. */
export const parseStore = (
  written: string,
):
  | { readonly ok: true; readonly setting: StoreSetting }
  | { readonly ok: false; readonly expected: string } => {
  const parsed = store.safeParse(written);
  if (parsed.success) return { ok: true, setting: parsed.data };
  return { ok: false, expected: parsed.error.issues.map(({ message }) => message).join('; ') };
};

export const USUAL_STORE: StoreSetting = { kind: 'sqlite', path: './data/cd-helper.db' };
