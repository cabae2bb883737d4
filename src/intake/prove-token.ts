import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  errors,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import type { Log } from '../core/log.ts';

/** What a token of OpenID Connect has to say so that it lets its sender in. */
export type OidcExpectation = {
  readonly audience: string;
  /** Of the service account in whose name the sender pushes. */
  readonly email: string;
  readonly issuer: string;
  /** Where the issuer publishes its keys; never taken out of a token. */
  readonly keys: string;
};

/**
 * What a token comes to. `absent`: it is none of a configured issuer's. `unknown`: the issuer's keys
 * cannot be had now, so that nothing can be said.
 */
export type TokenProof<S> =
  | { readonly kind: 'absent' }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'right'; readonly secrets: readonly S[] };

/** Reads the published keys. Rejects if they do not arrive in time or are too long. */
export type FetchKeys = (address: string, signal: AbortSignal) => Promise<string>;

export type TokenProofDeps = {
  readonly fetchKeys: FetchKeys;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
};

/** Google's are 1 KiB; what is longer is not even decoded. */
const LONGEST_TOKEN = 8 * 1024;
const SHAPE = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** Only those of which the issuer alone knows the secret half: a published key must sign nothing. */
const ALGORITHMS = ['RS256', 'ES256'];
const CLOCK_TOLERANCE_S = 30;
/** Keys are fetched anew after this long, so that one that was withdrawn is not believed for ever. */
const KEPT_MS = 3_600_000;
/** A key that is not known makes them be fetched at most this often: anybody can name one. */
const COOLDOWN_MS = 30_000;
const FETCH_TIMEOUT_MS = 3_000;
/** Nor does an issuer that cannot be reached hold up more than one delivery in this time. */
const PAUSE_AFTER_FAILURE_MS = 2_000;

class KeysUnreachable extends Error {
  override readonly name = 'KeysUnreachable';
}

/** Google leaves the scheme out at times, which its documentation allows. */
const isIssuer = (claimed: unknown, { issuer }: OidcExpectation): boolean =>
  claimed === issuer || `https://${String(claimed)}` === issuer;

const issuerOf = (token: string): unknown => {
  if (token.length > LONGEST_TOKEN || !SHAPE.test(token)) return null;
  try {
    return decodeJwt(token).iss;
  } catch {
    return null;
  }
};

const meets = (payload: JWTPayload, { audience, email }: OidcExpectation): boolean =>
  [payload.aud].flat().includes(audience) &&
  payload['email'] === email &&
  payload['email_verified'] === true;

const createKeySet = (address: string, { fetchKeys, now, log }: TokenProofDeps) => {
  let failedAt = Number.NEGATIVE_INFINITY;
  return createRemoteJWKSet(new URL(address), {
    cacheMaxAge: KEPT_MS,
    cooldownDuration: COOLDOWN_MS,
    timeoutDuration: FETCH_TIMEOUT_MS,
    [customFetch]: async (_address, { signal }) => {
      if (now() - failedAt < PAUSE_AFTER_FAILURE_MS) throw new KeysUnreachable();
      try {
        const text = await fetchKeys(address, signal);
        JSON.parse(text);
        return new Response(text);
      } catch (error) {
        failedAt = now();
        log.warn('the keys that verify tokens could not be fetched', { address, error });
        throw new KeysUnreachable();
      }
    },
  });
};

/**
 * Tells which secrets a token of OpenID Connect stands for, as Pub/Sub sends one: its signature by a
 * key that the configured issuer publishes, its time, issuer, audience, `email` and `email_verified`
 * ({@link https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions docs}). Rejects never.
 */
export const createTokenProof = <S extends { readonly oidc: OidcExpectation | null }>(
  secrets: readonly S[],
  deps: TokenProofDeps,
): ((token: string) => Promise<TokenProof<S>>) => {
  const expected = secrets.flatMap((secret) =>
    secret.oidc === null ? [] : [{ secret, oidc: secret.oidc }],
  );
  const keySets = new Map(
    expected.map(({ oidc: { keys } }) => [keys, createKeySet(keys, deps)] as const),
  );

  const verify = async (token: string, keys: string): Promise<JWTPayload | 'wrong' | 'unknown'> => {
    const keySet = keySets.get(keys);
    if (keySet === undefined) return 'wrong';
    try {
      const { payload } = await jwtVerify(token, keySet, {
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_S,
        currentDate: new Date(deps.now()),
        requiredClaims: ['exp', 'iat'],
      });
      return payload;
    } catch (error) {
      const isUnknown =
        error instanceof KeysUnreachable ||
        error instanceof errors.JWKSTimeout ||
        error instanceof errors.JWKSInvalid;
      return isUnknown ? 'unknown' : 'wrong';
    }
  };

  return async (token) => {
    const issuer = issuerOf(token);
    const candidates = expected.filter(({ oidc }) => isIssuer(issuer, oidc));
    if (candidates.length === 0) return { kind: 'absent' };
    const addresses = [...new Set(candidates.map(({ oidc }) => oidc.keys))];
    const verified = new Map(
      await Promise.all(addresses.map(async (keys) => [keys, await verify(token, keys)] as const)),
    );
    const right = candidates.filter(({ oidc }) => {
      const payload = verified.get(oidc.keys);
      return typeof payload === 'object' && meets(payload, oidc);
    });
    if (right.length > 0) return { kind: 'right', secrets: right.map(({ secret }) => secret) };
    return { kind: [...verified.values()].includes('unknown') ? 'unknown' : 'wrong' };
  };
};
