import { createBoundedCache } from '../wire/bounded-cache.ts';
import { parseChallenges } from './challenge.ts';

/** The kind of sign-in that a registry requires. */
export type Wanted =
  | { readonly kind: 'basic' }
  | {
      readonly kind: 'bearer';
      readonly realm: string;
      readonly service: string | null;
      /** In the registry's words; null if it leaves the scope to us. */
      readonly scope: string | null;
    };

/** What was required before, for the same scope or, as a guess, for another scope of the host. */
export type Learnt = { readonly want: Wanted; readonly isGuess: boolean };

/**
 * What registries required before, so that they need not refuse the first request. Learned for a host and a scope
 * when it has worked. Forgotten when it fails, or after an hour. It never prevents a request.
 */
export type LearntWants = {
  readonly find: (host: string, scope: string | null) => Learnt | null;
  readonly learn: (host: string, scope: string | null, want: Wanted) => void;
  readonly forget: (host: string, scope: string | null) => void;
};

const LONGEST_SCOPE = 1024;
const MOST_SCOPES = 5_000;
const MOST_HOSTS = 256;
const LEARNT_FOR_MS = 60 * 60_000;

/** What a `WWW-Authenticate` requires, or null if it requires nothing that is supported here. */
export const readWanted = (header: string | null): Wanted | null => {
  const challenges = parseChallenges(header ?? '');
  const bearer = challenges.find(
    ({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm'),
  )?.parameters;
  const realm = bearer?.get('realm');
  if (bearer !== undefined && realm !== undefined) {
    const scope = bearer.get('scope')?.slice(0, LONGEST_SCOPE) ?? null;
    return { kind: 'bearer', realm, service: bearer.get('service') ?? null, scope };
  }
  return challenges.some(({ scheme }) => scheme === 'basic') ? { kind: 'basic' } : null;
};

export const isSameWant = (one: Wanted, other: Wanted): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

export const createLearntWants = (now: () => number): LearntWants => {
  type Kept = { readonly want: Wanted; readonly at: number };
  const ofScope = createBoundedCache<Kept>({ entries: MOST_SCOPES });
  const ofHost = createBoundedCache<Kept>({ entries: MOST_HOSTS });
  const keyOf = (host: string, scope: string | null): string => `${host} ${scope ?? ''}`;
  const fresh = (kept: Kept | undefined): Wanted | null =>
    kept === undefined || now() - kept.at >= LEARNT_FOR_MS ? null : kept.want;
  return {
    find: (host, scope) => {
      const own = fresh(ofScope.get(keyOf(host, scope)));
      if (own !== null) return { want: own, isGuess: false };
      const guess = fresh(ofHost.get(host));
      return guess === null ? null : { want: guess, isGuess: true };
    },
    learn: (host, scope, want) => {
      const at = now();
      ofScope.set(keyOf(host, scope), { want, at });
      // A scope that the registry made up cannot be transferred to another repository.
      if (want.kind === 'basic') ofHost.set(host, { want, at });
      else if (want.scope === null || want.scope === scope) {
        ofHost.set(host, { want: { ...want, scope: null }, at });
      }
    },
    forget: (host, scope) => {
      ofScope.delete(keyOf(host, scope));
      ofHost.delete(host);
    },
  };
};
