import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  errors,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import type { Log } from '../core/log.ts';

/** The claims that an OpenID Connect token needs to admit its sender. */
export type OidcExpectation = {
  readonly audience: string;
  /** Email of the service account that sends the push. */
  readonly email: string;
  readonly issuer: string;
  /** Where the issuer publishes its keys. Never taken from a token. */
  readonly keys: string;
};

/**
 * The result of checking a token. `absent`: it is not from a configured issuer. `unknown`: the issuer's keys are not
 * available now, so it cannot be determined.
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
  /** ms since the epoch. */
  readonly now: () => number;
  readonly log: Log;
};

/** Google's are 1 KiB. Longer ones are not even decoded. */
const LONGEST_TOKEN = 8 * 1024;
const SHAPE = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** Asymmetric algorithms only: with a symmetric one, anyone could sign with the published key. */
const ALGORITHMS = ['RS256', 'ES256'];
const CLOCK_TOLERANCE_S = 30;
/** Keys are fetched again after this time, so that a withdrawn one is not trusted forever. */
const KEPT_MS = 3_600_000;
/** An unknown key id triggers a new fetch at most this often, because anyone can send one. */
const COOLDOWN_MS = 30_000;
const FETCH_TIMEOUT_MS = 3_000;
/** After a failed fetch, no other delivery has to wait for the issuer during this time. */
const PAUSE_AFTER_FAILURE_MS = 2_000;

class KeysUnreachable extends Error {
  override readonly name = 'KeysUnreachable';
}

/** Google sometimes leaves out the scheme, which its documentation allows. */
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
 * Determines which secrets an OpenID Connect token, as Pub/Sub sends it, stands for. Checks its signature with a key
 * that the configured issuer publishes, its time, issuer, audience, `email` and `email_verified`
 * ({@link https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions docs}). Never rejects.
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
