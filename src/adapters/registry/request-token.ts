import type { Credentials } from './docker-config.ts';
import type { CredentialSource, FoundCredentials } from './credentials.ts';
import { type Deadline, startDeadline } from '../exchange/deadline.ts';
import { isLoopbackHostname } from './forbidden-address.ts';
import type { Realm } from './realm.ts';
import { RegistryError } from './registry-error.ts';
import type { Endpoint } from './registry-host.ts';
import { parseRetryAfter } from './retry-after.ts';
import { parseTokenAnswer, type Token } from './tokens.ts';
import type { Answer } from './exchange-once.ts';
import type { Exchange, Transport } from './transport.ts';
import type { Trials } from './trials.ts';

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

const readAnswer = (answer: Answer, wish: Wish, found: FoundCredentials, now: number): Token => {
  const { status } = answer;
  const { name } = wish.endpoint;
  const realm = wish.realm.url.host;
  if (status === 200) return parseTokenAnswer(answer.body, realm, now);
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

/** Gets a token from where a registry's challenge points, with credentials only where they belong. */
export const requestToken = async (
  parts: {
    transport: Transport;
    credentials: CredentialSource;
    trials: Trials<Answer>;
    attemptMs: number;
    closed: AbortSignal;
    now: () => number;
  },
  wish: Wish,
): Promise<Token> => {
  const { endpoint, realm } = wish;
  const registry = new URL(`https://${endpoint.authority}`).hostname;
  const found = await parts.credentials.find(endpoint, parts.closed, { fresh: wish.isRepeated });
  const shown = realm.kind === 'trusted' ? found.credentials : null;
  const isOwn = realm.url.host === endpoint.authority;
  // Several may wait for it, so none of them can end it; its own limits do.
  const deadline = startDeadline(parts.closed, parts.attemptMs);
  const exchange = {
    ...compose(wish, shown),
    maxBytes: MOST_TOKEN_BYTES,
    tls: isOwn ? endpoint.tls : endpoint.tlsElsewhere,
    mayBeLocal:
      realm.url.hostname === registry || isLoopbackHostname(registry) || realm.kind === 'trusted',
    connections: endpoint.concurrency,
  };
  const send = (): Promise<Answer> => parts.transport.send(exchange, deadline);
  const answer =
    shown === null
      ? await send()
      : await sendOnTrial(parts.trials, realm.url.host, shown, deadline, send);
  return readAnswer(answer, wish, found, parts.now());
};

const secretOf = (credentials: Credentials): string =>
  credentials.kind === 'identity-token'
    ? credentials.token.reveal()
    : `${credentials.username}:${credentials.password.reveal()}`;

const sendOnTrial = async (
  trials: Trials<Answer>,
  host: string,
  shown: Credentials,
  deadline: Deadline,
  send: () => Promise<Answer>,
): Promise<Answer> => {
  const { answer } = await trials(host, secretOf(shown), deadline, async () => {
    const told = await send();
    return { answer: told, credentials: judgeCredentials(told.status) };
  });
  return answer;
};

/** A 403 is about what was asked for: who it was is known then. */
const judgeCredentials = (status: number): 'accepted' | 'refused' | 'unknown' => {
  if (status === 401) return 'refused';
  return status === 200 || status === 403 ? 'accepted' : 'unknown';
};
