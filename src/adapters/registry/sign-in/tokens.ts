import { z } from 'zod';
import { createSecret, type Secret } from '../../../core/secret.ts';
import { createBoundedCache } from '../wire/bounded-cache.ts';
import { RegistryError } from '../wire/registry-error.ts';
import { createSharedWork } from '../wire/shared-work.ts';
import { parseAnswer } from '../wire/parse-answer.ts';

export type Token = {
  readonly value: Secret;
  readonly until: number;
  /** Whose credentials got the token, for a person; null for none. */
  readonly source: string | null;
};

/** Tokens by what they are good for: callers with the same key can share one. */
export type TokenCache = {
  /** A valid token: a cached one, that of a request in progress, or the result of `request`. */
  readonly get: (key: string, request: () => Promise<Token>, caller: AbortSignal) => Promise<Token>;
  /** Drops the token, if it is still the one that was refused. */
  readonly refuse: (key: string, value: string) => void;
};

const MOST_TOKENS = 2_000;
/** We drop a token this long before it expires, or a fifth of its life before, if that is less. */
const MARGIN_MS = 10_000;
const DEFAULT_LIFE_SECONDS = 60;
const LONGEST_LIFE_SECONDS = 60 * 60;

const TokenAnswer = z.object({
  // Some servers write absent fields as null.
  token: z.string().nullish(),
  access_token: z.string().nullish(),
  expires_in: z.number().nonnegative().nullish().catch(null),
});

/**
 * Parses a token server's answer by
 * {@link https://distribution.github.io/distribution/spec/auth/token/ the specification}: `token` or `access_token`,
 * valid for `expires_in` seconds or else a minute. `realm` is for the error text.
 */
export const parseTokenAnswer = (
  body: Buffer,
  realm: string,
  now: number,
): Omit<Token, 'source'> => {
  const malformed = (): RegistryError =>
    new RegistryError('malformed', `${realm} answered the sign-in with an invalid token`);
  let json: unknown;
  try {
    json = parseAnswer(body);
  } catch {
    throw malformed();
  }
  const parsed = TokenAnswer.safeParse(json);
  const value = parsed.data?.token || parsed.data?.access_token || '';
  // Other characters are not allowed in a header.
  if (!/^[\x21-\x7e]+$/.test(value)) throw malformed();
  const seconds = Math.min(parsed.data?.expires_in || DEFAULT_LIFE_SECONDS, LONGEST_LIFE_SECONDS);
  const life = seconds * 1000;
  return { value: createSecret(value), until: now + life - Math.min(MARGIN_MS, life / 5) };
};

export const createTokenCache = (now: () => number): TokenCache => {
  const tokens = createBoundedCache<Token>({ entries: MOST_TOKENS });
  const share = createSharedWork<Token>();

  return {
    get: async (key, request, caller) => {
      const token = tokens.get(key);
      if (token !== undefined && token.until > now()) return token;
      const requestAndKeep = async (): Promise<Token> => {
        const got = await request();
        tokens.set(key, got);
        return got;
      };
      return share(key, requestAndKeep, caller);
    },
    refuse: (key, value) => {
      if (tokens.get(key)?.value.reveal() === value) tokens.delete(key);
    },
  };
};
