import type { Credentials } from './docker-config.ts';
import type { CredentialSource, FoundCredentials } from './credentials.ts';
import { type Deadline, startDeadline } from '../exchange/deadline.ts';
import { isLoopbackHostname } from './forbidden-address.ts';
import type { Outages } from './outages.ts';
import type { Realm } from './realm.ts';
import { RegistryError } from './registry-error.ts';
import type { Endpoint } from './registry-host.ts';
import { parseRetryAfter } from './retry-after.ts';
import { parseTokenAnswer, type Token } from './tokens.ts';
import type { Answer } from './exchange-once.ts';
import type { Exchange, Transport } from './transport.ts';
import type { Trial, Trials } from './trials.ts';

const MOST_TOKEN_BYTES = 64 * 1024;
/** How token servers know us in their logs. */
const CLIENT_ID = 'doppler-cd-helper';

type Wish = {
  readonly endpoint: Endpoint;
  readonly realm: Realm & { readonly url: URL };
  readonly service: string | null;
  readonly scope: string | null;
  /** A token was refused just now: what a helper told before may be out of date. */
  readonly isRepeated: boolean;
  /** When the first who waits for it asked, by the order of {@link Outages}. */
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

const explainRefusal = (wish: Wish, found: FoundCredentials): string => {
  const { name } = wish.endpoint;
  if (found.credentials !== null && wish.realm.kind === 'foreign') {
    return `${name} sends sign-ins to ${wish.realm.url.host}, which is no part of it, so its credentials were not sent; if that is right, name it among the signInHosts of this registry`;
  }
  if (found.credentials !== null) return `${name} refused the sign-in: wrong user name or password`;
  return found.problem === null
    ? `${name} wants a sign-in and no credentials are configured for it, or there is no such repository`
    : `${name} wants a sign-in, and its credentials cannot be had: ${found.problem}`;
};

/** About what was asked for, by somebody who is known. */
const refusedScope = ({ endpoint, scope }: Wish, status: number): RegistryError => {
  const repository = /^repository(?:\([^)]*\))?:(.+):[^:]*$/.exec(scope ?? '')?.[1];
  const what = repository === undefined ? '' : ` to ${repository}`;
  return new RegistryError(
    'sign-in-refused',
    `${endpoint.name} refuses access${what} (${status}); its credentials may lack the right to pull, or there is no such repository`,
  );
};

const readAnswer = (answer: Answer, wish: Wish, found: FoundCredentials, now: number): Token => {
  const { status } = answer;
  const { name } = wish.endpoint;
  const realm = wish.realm.url.host;
  if (status === 200) return parseTokenAnswer(answer.body, realm, now);
  const wasShown = found.credentials !== null && wish.realm.kind === 'trusted';
  if (status === 403 && wasShown) throw refusedScope(wish, status);
  if (status === 401 || status === 403) {
    throw new RegistryError('sign-in-refused', explainRefusal(wish, found));
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
  throw new RegistryError('malformed', `${realm}, where ${name} signs in, answered ${status}`);
};

type Parts = {
  readonly transport: Transport;
  readonly credentials: CredentialSource;
  readonly trials: Trials<Answer>;
  readonly outages: Outages;
  readonly attemptMs: number;
  readonly closed: AbortSignal;
  readonly now: () => number;
};

/** Gets a token from where a registry's challenge points, with credentials only where they belong. */
export const requestToken = async (parts: Parts, wish: Wish): Promise<Token> => {
  const { endpoint, realm } = wish;
  const found = await parts.credentials.find(endpoint, parts.closed, { fresh: wish.isRepeated });
  const shown = realm.kind === 'trusted' ? found.credentials : null;
  // Several may wait for it, so none of them can end it; its own limits do.
  const deadline = startDeadline(parts.closed, parts.attemptMs);
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

/** One request; whether the token server can be reached says nothing of the registry itself. */
const sendToRealm = async (
  { transport, outages }: Parts,
  { endpoint, realm, scope, begun }: Wish,
  request: Pick<Exchange, 'method' | 'url' | 'headers' | 'body'>,
  deadline: Deadline,
): Promise<Answer> => {
  const registry = new URL(`https://${endpoint.authority}`).hostname;
  const isOwn = realm.url.host === endpoint.authority;
  const host = `sign-in at ${realm.url.host}`;
  const told = outages.tell(host, begun, scope);
  if (told !== null) throw RegistryError.elsewhere(told);
  const exchange: Exchange = {
    ...request,
    maxBytes: MOST_TOKEN_BYTES,
    tls: isOwn ? endpoint.tls : endpoint.tlsElsewhere,
    mayBeLocal:
      realm.url.hostname === registry || isLoopbackHostname(registry) || realm.kind === 'trusted',
    connections: endpoint.concurrency,
  };
  try {
    const answer = await transport.send(exchange, deadline);
    outages.note(host, scope, null);
    return answer;
  } catch (error) {
    outages.note(host, scope, error);
    throw error instanceof RegistryError ? RegistryError.elsewhere(error) : error;
  }
};

const secretOf = (credentials: Credentials): string =>
  credentials.kind === 'identity-token'
    ? credentials.token.reveal()
    : `${credentials.username}:${credentials.password.reveal()}`;

/**
 * What an answer says of the credentials. A 401 may be about the repository: then they are good enough for a
 * token that opens nothing. A 403 always is about what was asked for.
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
