import { createBoundedCache } from './bounded-cache.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { CredentialSource, FoundCredentials } from './credentials.ts';
import type { Deadline } from '../exchange/deadline.ts';
import { inTime } from './in-time.ts';
import { judgeRealm, type Realm } from './realm.ts';
import { RegistryError } from './registry-error.ts';
import type { Endpoint } from './registry-host.ts';
import { requestToken } from './request-token.ts';
import { createTokenCache } from './tokens.ts';
import type { Answer } from './exchange-once.ts';
import type { Transport } from './transport.ts';
import type { Trials } from './trials.ts';

type Wanted =
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer'; readonly realm: string; readonly service: string | null };

/** Someone who asks at an endpoint, over the scheme that it turned out to speak. */
export type Asking = {
  readonly endpoint: Endpoint;
  readonly scheme: 'https' | 'http';
  /** What is to be read: `repository:acme/app:pull`; null for the registry as such. */
  readonly scope: string | null;
  readonly deadline: Deadline;
};

/** Finds the `Authorization` that a registry wants. */
export type SignIn = {
  /** What the registry wanted before, so that it need not ask again; null where it wanted nothing. */
  readonly prepare: (asking: Asking) => Promise<string> | null;
  /**
   * Answers a 401, after `sent` was sent or nothing. Throws {@link RegistryError} where no answer is
   * left that could be better.
   */
  readonly answer: (asking: Asking, header: string | null, sent: string | null) => Promise<string>;
};

const LONGEST_SCOPE = 1024;

const wantedBy = (challenges: readonly Challenge[]): (Wanted & { scope: string | null }) | null => {
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer')?.parameters;
  const realm = bearer?.get('realm');
  if (bearer !== undefined && realm !== undefined) {
    const scope = bearer.get('scope')?.slice(0, LONGEST_SCOPE) ?? null;
    return { kind: 'bearer', realm, service: bearer.get('service') ?? null, scope };
  }
  return challenges.some(({ scheme }) => scheme === 'basic')
    ? { kind: 'basic', scope: null }
    : null;
};

const refused = (detail: string): RegistryError => new RegistryError('sign-in-refused', detail);

/** Why nobody is signed in, where the credentials are what is missing. */
const withoutCredentials = (host: string, found: FoundCredentials): RegistryError =>
  refused(
    found.problem === null
      ? `${host} wants a sign-in and no credentials are configured for it, or there is no such repository`
      : `${host} wants a sign-in, and its credentials cannot be had: ${found.problem}`,
  );

export const createSignIn = (parts: {
  transport: Transport;
  credentials: CredentialSource;
  attemptMs: number;
  trials: Trials<Answer>;
  closed: AbortSignal;
  now: () => number;
}): SignIn => {
  const { credentials, now } = parts;
  const wanted = createBoundedCache<Wanted>({ entries: 256 });
  const tokens = createTokenCache(now);

  const bearer = async (
    asking: Asking,
    want: Wanted & { kind: 'bearer' },
    scope: string | null,
    refusedToken: string | null,
  ): Promise<string> => {
    const { endpoint, scheme, deadline } = asking;
    const realm: Realm = judgeRealm(want.realm, endpoint, scheme);
    if (realm.kind === 'refused') {
      throw refused(`${endpoint.name} sends sign-ins to ${realm.problem}`);
    }
    const key = JSON.stringify([endpoint.name, want.realm, want.service, scope]);
    if (refusedToken !== null) tokens.refuse(key, refusedToken);
    const request = () =>
      requestToken(parts, {
        endpoint,
        realm,
        service: want.service,
        scope,
        isRepeated: refusedToken !== null,
      });
    const token = await inTime(endpoint.name, deadline, (signal) =>
      tokens.get(key, request, signal),
    );
    return `Bearer ${token.reveal()}`;
  };

  const basic = async (asking: Asking, sent: string | null): Promise<string> => {
    const { endpoint, deadline } = asking;
    const host = endpoint.name;
    const found = await inTime(host, deadline, (signal) =>
      credentials.find(endpoint, signal, { fresh: sent !== null }),
    );
    if (found.credentials === null) throw withoutCredentials(host, found);
    if (found.credentials.kind === 'identity-token') {
      throw refused(
        `${host} wants a user name and password, and an identity token is configured for it`,
      );
    }
    const { username, password } = found.credentials;
    const value = `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`;
    if (value === sent) throw refused(`${host} refused the sign-in: wrong user name or password`);
    return value;
  };

  return {
    prepare: (asking) => {
      const want = wanted.get(asking.endpoint.name);
      if (want === undefined) return null;
      return want.kind === 'basic' ? basic(asking, null) : bearer(asking, want, asking.scope, null);
    },
    answer: async (asking, header, sent) => {
      const { endpoint } = asking;
      const want = wantedBy(parseChallenges(header ?? ''));
      if (want === null) {
        throw refused(
          `${endpoint.name} refuses (401) and offers no way to sign in that is known here`,
        );
      }
      const { scope, ...lasting } = want;
      if (want.kind === 'basic' || scope === asking.scope) wanted.set(endpoint.name, lasting);
      if (want.kind === 'basic') return basic(asking, sent);
      const token = sent?.startsWith('Bearer ') === true ? sent.slice('Bearer '.length) : null;
      return bearer(asking, want, scope ?? asking.scope, token);
    },
  };
};
