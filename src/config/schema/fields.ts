/**
 * The value types of a configuration, as zod schemas. Each message says what is expected, never what was found: that is
 * added later by code that knows which values are secret.
 */
import { isIP } from 'node:net';
import { z } from 'zod';
import { parseDuration } from '../../core/duration.ts';
import { createSecret } from '../../core/secret.ts';

export const matching = (expected: string, test: (text: string) => boolean) =>
  z.string({ error: expected }).refine(test, { error: expected });

const isPlain = (text: string): boolean => text.trim() === text && !/\p{Cc}/u.test(text);

/** One line of text that is not empty. */
export const text = (expected: string) =>
  matching(expected, (value) => value !== '' && isPlain(value));

/** Names appear in addresses, in the history and in logs. */
export const name = () =>
  matching('a name of 1 to 63 letters, digits, ".", "_" or "-"', (value) =>
    /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/.test(value),
  );

/** Accepts text too, because variables are text. */
export const integer = (expected: string, least: number, most: number) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value),
    z.int({ error: expected }).min(least, { error: expected }).max(most, { error: expected }),
  );

export const flag = () =>
  z.preprocess(
    (value) => (value === 'true' ? true : value === 'false' ? false : value),
    z.boolean({ error: 'true or false' }),
  );

export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: values.join(', ').replace(/, ([^,]+)$/, ' or $1') });

export const listOf = <T extends z.ZodType>(item: T, expected: string) =>
  z.array(item, { error: expected });

export const duration = () => {
  const expected = 'a duration such as 30s, 5m or 1h30m';
  return matching(expected, (value) => parseDuration(value) !== null).transform(
    (value) => parseDuration(value) ?? 0,
  );
};

/** A secret of any length. Its strength is not checked here. */
export const anySecret = (expected: string) =>
  z
    .string({ error: expected })
    .refine((value) => value !== '' && isPlain(value), {
      error: `${expected}, on one line and without spaces around it`,
    })
    .transform(createSecret);

/** Shorter ones can be guessed. They are refused unless `allowShort` is set. */
export const SHORTEST_SAFE_SECRET = 16;

/** A secret that admits people or senders. The helper must ensure its strength. */
export const ownSecret = () => {
  const expected = `a secret without spaces; make one with: openssl rand -hex 24`;
  return z
    .string({ error: expected })
    .refine((value) => value !== '' && !/[\s\p{Cc}]/u.test(value), {
      error: expected,
    })
    .transform(createSecret);
};

export const pem = (what: string) => {
  const expected = `${what} in PEM form (it begins with -----BEGIN)`;
  return matching(expected, (value) => value.includes('-----BEGIN '));
};

const parseUrl = (value: string): URL | null => (URL.canParse(value) ? new URL(value) : null);

/** An address without user, password, query or fragment. */
export const url = (expected: string, protocols: readonly string[]) =>
  matching(expected, (value) => {
    const parsed = parseUrl(value);
    return (
      parsed !== null &&
      protocols.includes(parsed.protocol) &&
      parsed.hostname !== '' &&
      `${parsed.username}${parsed.password}${parsed.search}${parsed.hash}` === ''
    );
  });

/** An address with a possible token anywhere in it. */
export const secretUrl = () => {
  const expected = 'an address that begins with http:// or https://';
  return matching(expected, (value) => {
    const parsed = parseUrl(value);
    return parsed !== null && /^https?:$/.test(parsed.protocol);
  }).transform(createSecret);
};

export const network = () =>
  matching('an address or a network such as 10.0.0.0/8', (value) => {
    const [address = '', bits, more] = value.split('/');
    const version = isIP(address);
    if (version === 0 || more !== undefined) return false;
    return (
      bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
    );
  });

/** A mapping with these keys and no others. Its message lists them, for anyone who misspelt one. */
export const mapping = <T extends z.core.$ZodLooseShape>(shape: T) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? knownKeys(shape).join(', ') : 'keys with values',
  });

const knownKeys = (shape: object): readonly string[] => Object.keys(shape);
