import type { Credentials } from './docker-config.ts';
import { type CredentialSource, type FoundCredentials, withoutCredentials } from './credentials.ts';
import { type Deadline, startDeadline } from '../../exchange/deadline.ts';
import type { Outages } from '../pace/outages.ts';
import { isRedirect, MOST_REDIRECTS } from '../wire/redirect.ts';
import { judgeRealmRedirect, type Realm } from './realm.ts';
import { RegistryError } from '../wire/registry-error.ts';
import { type Endpoint, tlsAt } from '../wire/registry-host.ts';
import { parseRetryAfter } from '../../exchange/retry-after.ts';
import { parseTokenAnswer, type Token } from './tokens.ts';
import type { Answer, Target } from '../wire/exchange-once.ts';
import type { Exchange, Transport } from '../wire/transport.ts';
import type { Trial, Trials } from '../pace/trials.ts';

const MOST_TOKEN_BYTES = 64 * 1024;
/** Our name in the logs of token servers. */
const CLIENT_ID = 'doppler-cd-helper';

type Wish = {
  readonly endpoint: Endpoint;
  /** Whose credentials to send; null for the host's. */
  readonly repository: string | null;
  readonly realm: Extract<Realm, { readonly url: URL }>;
  readonly service: string | null;
  readonly scope: string | null;
  /** A token was just refused, so a helper's earlier answer may be out of date. */
  readonly isRepeated: boolean;
  /** When the first waiting caller asked, in the order of {@link Outages}. */
  readonly begun: number;
};

const askedFor = ({ service, scope }: Wish): [string, string][] => [
  ...(service === null ? [] : [['service', service] satisfies [string, string]]),
  ...(scope === null ? [] : [['scope', scope] satisfies [string, string]]),
];

const compose = (
  wish: Wish,
  credentials: Credentials | null,
): Pick<Exchange, 'method' | 'url' | 'headers' | 'body'> => {
  const url = new URL(wish.realm.url);
  if (credentials?.kind === 'identity-token') {
    const form = new URLSearchParams([
      ['grant_type', 'refresh_token'],
      ['client_id', CLIENT_ID],
      ['refresh_token', credentials.token.reveal()],
      ...askedFor(wish),
    ]);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { method: 'POST', url, headers, body: form.toString() };
  }
  for (const [name, value] of askedFor(wish)) url.searchParams.append(name, value);
  if (credentials === null) return { method: 'GET', url, headers: {} };
  url.searchParams.append('account', credentials.username);
  const pair = `${credentials.username}:${credentials.password.reveal()}`;
  const authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
  return { method: 'GET', url, headers: { authorization } };
};

const refusal = (wish: Wish, found: FoundCredentials): RegistryError => {
  const { name } = wish.endpoint;
  if (found.credentials === null) return withoutCredentials(name, found);
  return new RegistryError('sign-in-refused', whyRefused(wish));
};

const whyRefused = (wish: Wish): string => {
  const { name } = wish.endpoint;
  if (wish.realm.secure !== null) {
    return `${name} is asked over HTTPS and sends sign-ins to ${wish.realm.url.origin}, where nothing answers over HTTPS: its realm is http://; set its external URL to https://`;
  }
  if (wish.realm.kind === 'foreign') {
    return `${name} sends sign-ins to ${wish.realm.url.host}, which is another host, so its credentials were not sent; if this is right, add it to signInHosts of this registry`;
  }
  return `${name} refused the sign-in: wrong user name or password`;
};

/** A refusal of the requested access, although the sign-in itself was accepted. */
const refusedScope = ({ endpoint, scope }: Wish, status: number): RegistryError => {
  const repository = /^repository(?:\([^)]*\))?:(.+):[^:]*$/.exec(scope ?? '')?.[1];
  const what = repository === undefined ? '' : ` to ${repository}`;
  return new RegistryError(
    'sign-in-refused',
    `${endpoint.name} refuses access${what} (${status}); its credentials may lack the right to pull, or the repository does not exist`,
  );
};

const hostOf = (location: string | null, from: URL): string =>
  location !== null && URL.canParse(location, from.href)
    ? new URL(location, from).host
    : 'no address';

const readAnswer = (answer: Answer, wish: Wish, found: FoundCredentials, now: number): Token => {
  const { status } = answer;
  const { name } = wish.endpoint;
  const realm = wish.realm.url.host;
  if (status === 200) {
    const source = wish.realm.kind === 'trusted' ? found.source : null;
    return { ...parseTokenAnswer(answer.body, realm, now), source };
  }
  const wasShown = found.credentials !== null && wish.realm.kind === 'trusted';
  if (status === 403 && wasShown) throw refusedScope(wish, status);
  if (status === 401 || status === 403) {
    throw refusal(wish, found);
  }
  const retryAfterMs = parseRetryAfter(answer.header('retry-after'), now);
  if (status === 429) {
    const detail = `${realm}, where ${name} signs in, asks for fewer requests (429)`;
    throw new RegistryError('rate-limited', detail, {
      retryable: retryAfterMs !== null,
      retryAfterMs,
    });
  }
  if (status >= 500) {
    const detail = `${realm}, where ${name} signs in, answered ${status}`;
    throw new RegistryError('unreachable', detail, { retryable: true, retryAfterMs });
  }
  const where = answer.header('location');
  const to = isRedirect(status) ? `, which leads to ${hostOf(where, wish.realm.url)}` : '';
  const detail = `${realm}, where ${name} signs in, answered ${status}${to}`;
  throw new RegistryError('malformed', detail);
};

type Parts = {
  readonly transport: Transport;
  readonly credentials: CredentialSource;
  readonly trials: Trials<Answer>;
  readonly outages: Outages;
  readonly closed: AbortSignal;
  readonly now: () => number;
};

/** Gets a token from the address in a registry's challenge, with credentials only if they belong there. */
export const requestToken = async (parts: Parts, wish: Wish): Promise<Token> => {
  const { realm } = wish;
  if (realm.secure === null) return requestTokenAt(parts, wish);
  try {
    const secure = { kind: 'trusted', url: realm.secure, secure: null } as const;
    return await requestTokenAt(parts, { ...wish, realm: secure });
  } catch (error) {
    if (!(error instanceof RegistryError) || error.reason !== 'unreachable') throw error;
    // The realm speaks no TLS, and an HTTPS registry's realm is never contacted over HTTP.
    throw new RegistryError('sign-in-refused', whyRefused(wish));
  }
};

const requestTokenAt = async (parts: Parts, wish: Wish): Promise<Token> => {
  const { realm } = wish;
  const found = await parts.credentials.find(wish, parts.closed, { fresh: wish.isRepeated });
  const shown = realm.kind === 'trusted' ? found.credentials : null;
  // Several callers may wait for this, so none of them can abort it. It has its own limits.
  const deadline = startDeadline(parts.closed, wish.endpoint.attemptMs);
  const send = (about: Wish): Promise<Answer> =>
    sendToRealm(parts, about, compose(about, shown), deadline);
  if (shown === null) return readAnswer(await send(wish), wish, found, parts.now());
  const { answer, credentials } = await parts.trials(
    realm.url.host,
    secretOf(shown),
    deadline,
    async () => judgeTrial(wish, await send(wish), send),
  );
  if (answer.status === 401 && credentials === 'accepted') throw refusedScope(wish, 401);
  return readAnswer(answer, wish, found, parts.now());
};

/** One request. A token server that is unreachable says nothing about the registry itself. */
const sendToRealm = async (
  { transport, outages }: Parts,
  { endpoint, realm, scope, begun }: Wish,
  request: Pick<Exchange, 'method' | 'url' | 'headers' | 'body'>,
  deadline: Deadline,
): Promise<Answer> => {
  const registry = new URL(`https://${endpoint.authority}`).hostname;
  const host = `sign-in at ${realm.url.origin}`;
  const told = outages.tell(host, begun, scope);
  if (told !== null) throw RegistryError.elsewhere(told);
  const exchangeAt = (url: Target): Exchange => ({
    ...request,
    url,
    maxBytes: MOST_TOKEN_BYTES,
    tls: tlsAt(endpoint, url),
    proxy: endpoint.proxy,
    sentBy: url.hostname === registry ? null : registry,
    connections: endpoint.concurrency,
    attemptMs: endpoint.attemptMs,
  });
  try {
    let { url } = request;
    for (let redirects = 0; ; redirects += 1) {
      const answer = await transport.send(exchangeAt(url), deadline);
      const next = isRedirect(answer.status) ? whereTo(request, answer, url, redirects) : null;
      if (next === null) {
        outages.note(host, scope, null);
        return answer;
      }
      url = next;
    }
  } catch (error) {
    outages.note(host, scope, error);
    throw error instanceof RegistryError ? RegistryError.elsewhere(error) : error;
  }
};

/** Where to follow a token server's redirect, or null if it must not be followed. */
const whereTo = (
  { method }: Pick<Exchange, 'method'>,
  { status, header }: Answer,
  url: Target,
  redirects: number,
): URL | null => {
  // Other statuses would turn it into a GET without a body.
  const keepsMethod = method === 'GET' || status === 307 || status === 308;
  if (!keepsMethod || redirects >= MOST_REDIRECTS) return null;
  return judgeRealmRedirect(header('location'), new URL(url.pathname + url.search, url.origin));
};

const secretOf = (credentials: Credentials): string =>
  credentials.kind === 'identity-token'
    ? credentials.token.reveal()
    : `${credentials.username}:${credentials.password.reveal()}`;

/**
 * What an answer says about the credentials. A 401 may be about the repository: then the credentials still get a
 * token without any access. A 403 is always about the requested access.
 */
const judgeTrial = async (
  wish: Wish,
  answer: Answer,
  send: (wish: Wish) => Promise<Answer>,
): Promise<Trial<Answer>> => {
  const opensNothing =
    answer.status === 401 && wish.scope !== null ? await send({ ...wish, scope: null }) : answer;
  const { status } = opensNothing;
  if (status === 401) return { answer, credentials: 'refused' };
  return { answer, credentials: status === 200 || status === 403 ? 'accepted' : 'unknown' };
};
