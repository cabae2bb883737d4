import { createBoundedCache } from '../wire/bounded-cache.ts';
import { type CredentialSource, withoutCredentials } from './credentials.ts';
import type { Deadline } from '../../exchange/deadline.ts';
import { inTime } from '../pace/in-time.ts';
import { createLearntWants, isSameWant, type Wanted } from './learnt.ts';
import type { Outages } from '../pace/outages.ts';
import { judgeRealm, type Realm } from './realm.ts';
import { RegistryError } from '../wire/registry-error.ts';
import type { Endpoint } from '../wire/registry-host.ts';
import { requestToken } from './request-token.ts';
import { createTokenCache } from './tokens.ts';
import type { Answer } from '../wire/exchange-once.ts';
import type { Transport } from '../wire/transport.ts';
import type { Trials } from '../pace/trials.ts';

/** A caller at an endpoint, with the scheme that the endpoint speaks. */
export type Asking = {
  readonly endpoint: Endpoint;
  readonly scheme: 'https' | 'http';
  /** The access to request: `repository:acme/app:pull`; null for the registry itself. */
  readonly scope: string | null;
  /** Whose credentials to use; null for the host's. */
  readonly repository: string | null;
  readonly deadline: Deadline;
  /** When the caller asked, in the order of {@link Outages}. */
  readonly begun: number;
  /** The host name of the registry that led to this endpoint; null if an image or the operator names the endpoint. */
  readonly sentBy: string | null;
};

/** What can be sent before the registry asks for it. */
export type Prepared =
  | { readonly kind: 'ready'; readonly authorization: string; readonly isGuess: boolean }
  /** The registry required something earlier that is not available now. */
  | { readonly kind: 'failed'; readonly want: Wanted; readonly error: RegistryError };

/** Finds the `Authorization` that a registry requires. */
export type SignIn = {
  /**
   * By what the registry required before; null if nothing is known about it. Rejects only with the caller's reason.
   */
  readonly prepare: (asking: Asking) => Promise<Prepared> | null;
  /**
   * The `Authorization` to send for `want`, after `sent` was refused or nothing was sent. Throws
   * {@link RegistryError} if there is nothing better to send.
   */
  readonly answer: (asking: Asking, want: Wanted, sent: string | null) => Promise<string>;
  /** Records that this sign-in worked at the registry. */
  readonly learn: (asking: Asking, want: Wanted) => void;
  /** Forgets a sign-in that did not work. */
  readonly forget: (asking: Asking) => void;
  /** Whose credentials were last sent, for a person; null for none. */
  readonly sourceOf: (asked: Pick<Asking, 'endpoint' | 'repository'>) => string | null;
};

const refused = (detail: string): RegistryError => new RegistryError('sign-in-refused', detail);

export const createSignIn = (parts: {
  transport: Transport;
  credentials: CredentialSource;
  trials: Trials<Answer>;
  outages: Outages;
  closed: AbortSignal;
  now: () => number;
}): SignIn => {
  const { credentials, now } = parts;
  const learnt = createLearntWants(now);
  const tokens = createTokenCache(now);
  const sources = createBoundedCache<{ readonly source: string | null }>({ entries: 1_000 });
  const keyOf = ({ endpoint, repository }: Pick<Asking, 'endpoint' | 'repository'>): string =>
    `${endpoint.name}/${repository ?? ''}`;
  const note = (asking: Asking, source: string | null): void => {
    sources.set(keyOf(asking), { source });
  };

  const bearer = async (
    asking: Asking,
    want: Wanted & { kind: 'bearer' },
    refusedToken: string | null,
  ): Promise<string> => {
    const { endpoint, repository, scheme, deadline, begun } = asking;
    const realm: Realm = judgeRealm(want.realm, endpoint, scheme);
    if (realm.kind === 'refused') {
      throw refused(`${endpoint.name} sends sign-ins to ${realm.problem}`);
    }
    const { service } = want;
    const scope = want.scope ?? asking.scope;
    const key = JSON.stringify([endpoint.name, repository, want.realm, service, scope]);
    if (refusedToken !== null) tokens.refuse(key, refusedToken);
    const isRepeated = refusedToken !== null;
    const request = () =>
      requestToken(parts, { endpoint, repository, realm, service, scope, isRepeated, begun });
    const token = await inTime(endpoint.name, deadline, (signal) =>
      tokens.get(key, request, signal),
    );
    note(asking, token.source);
    return `Bearer ${token.value.reveal()}`;
  };

  const basic = async (asking: Asking, sent: string | null): Promise<string> => {
    const { endpoint, deadline } = asking;
    const host = endpoint.name;
    const found = await inTime(host, deadline, (signal) =>
      credentials.find(asking, signal, { fresh: sent !== null }),
    );
    if (found.credentials === null) throw withoutCredentials(host, found);
    if (found.credentials.kind === 'identity-token') {
      throw refused(
        `${host} requires a user name and password, but an identity token is configured for it`,
      );
    }
    const { username, password } = found.credentials;
    const value = `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`;
    note(asking, found.source);
    if (value === sent) throw refused(`${host} refused the sign-in: wrong user name or password`);
    return value;
  };

  const answer: SignIn['answer'] = (asking, want, sent) => {
    if (want.kind === 'basic') return basic(asking, sent);
    const token = sent?.startsWith('Bearer ') === true ? sent.slice('Bearer '.length) : null;
    return bearer(asking, want, token);
  };

  const prepare = async (asking: Asking, want: Wanted, isGuess: boolean): Promise<Prepared> => {
    try {
      return { kind: 'ready', authorization: await answer(asking, want, null), isGuess };
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      return { kind: 'failed', want, error };
    }
  };

  return {
    prepare: (asking) => {
      const known = learnt.find(asking.endpoint.name, asking.scope);
      return known === null ? null : prepare(asking, known.want, known.isGuess);
    },
    answer,
    learn: ({ endpoint, scope }, want) => learnt.learn(endpoint.name, scope, want),
    sourceOf: (asked) => sources.get(keyOf(asked))?.source ?? null,
    forget: ({ endpoint, scope }) => learnt.forget(endpoint.name, scope),
  };
};

/** Whether a challenge asks for exactly what the preparation failed on: trying it again would fail too. */
export const isFailedAlready = (
  prepared: Prepared | null,
  want: Wanted,
  scope: string | null,
): prepared is Extract<Prepared, { kind: 'failed' }> => {
  if (prepared?.kind !== 'failed') return false;
  const whole = (one: Wanted): Wanted =>
    one.kind === 'bearer' ? { ...one, scope: one.scope ?? scope } : one;
  return isSameWant(whole(prepared.want), whole(want));
};
