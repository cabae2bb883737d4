import { isRedirect, judgeRedirect, MOST_REDIRECTS } from '../wire/redirect.ts';
import { RegistryError } from '../wire/registry-error.ts';
import { type Endpoint, tlsAt } from '../wire/registry-host.ts';
import type { Asking } from './sign-in.ts';
import type { Answer, Target } from '../wire/exchange-once.ts';
import type { Exchange, Transport } from '../wire/transport.ts';

export type Question = {
  readonly method: 'GET' | 'HEAD';
  /** Begins with `/v2/` and may contain a query. */
  readonly path: string;
  /** Null for the registry itself. */
  readonly repository: string | null;
  /** Whose credentials to use if the question is not about a repository. */
  readonly onBehalfOf?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxBytes: number;
};

/** `url` is the address that the answer came from. */
export type FollowedAnswer = Answer & {
  readonly url: Target;
  /** Whether credentials or a token were sent there. */
  readonly isSignedIn: boolean;
};

const roots = new WeakMap<Endpoint, Map<string, Target>>();

/** The root of an endpoint's API, parsed once per scheme. */
const rootOf = (endpoint: Endpoint, scheme: string): Target => {
  const known = roots.get(endpoint) ?? new Map<string, Target>();
  roots.set(endpoint, known);
  const present = known.get(scheme);
  if (present !== undefined) return present;
  const { origin, protocol, host, hostname } = new URL(`${scheme}://${endpoint.authority}`);
  const made = { origin, protocol, host, hostname, pathname: '/', search: '' };
  known.set(scheme, made);
  return made;
};

/** Sends the question and follows redirects. Credentials go only to the first host. */
export const follow = async (
  transport: Transport,
  { endpoint, scheme, deadline, sentBy }: Asking,
  question: Question,
  authorization: string | null,
): Promise<FollowedAnswer> => {
  const first = { ...rootOf(endpoint, scheme), pathname: question.path };
  let url: Target = first;
  let isOwn = true;
  const sendTo = async (exchange: Exchange, own: boolean): Promise<Answer> => {
    try {
      return await transport.send(exchange, deadline);
    } catch (error) {
      throw !own && error instanceof RegistryError ? RegistryError.elsewhere(error) : error;
    }
  };
  for (let redirects = 0; ; redirects += 1) {
    const answer = await sendTo(
      {
        method: question.method,
        url,
        headers: {
          ...question.headers,
          ...(isOwn && authorization !== null ? { authorization } : {}),
        },
        maxBytes: question.maxBytes,
        tls: isOwn ? endpoint.tls : tlsAt(endpoint, url),
        proxy: endpoint.proxy,
        sentBy: sentBy ?? (isOwn ? null : first.hostname),
        connections: endpoint.concurrency,
        attemptMs: endpoint.attemptMs,
      },
      isOwn,
    );
    if (!isRedirect(answer.status)) {
      return { ...answer, url, isSignedIn: isOwn && authorization !== null };
    }
    const from = new URL(url.pathname + url.search, url.origin);
    const redirect = judgeRedirect(answer.header('location'), from);
    if (redirect.kind === 'refused') {
      throw new RegistryError('malformed', `${endpoint.name} redirects ${redirect.problem}`);
    }
    if (redirects >= MOST_REDIRECTS) {
      throw new RegistryError(
        'malformed',
        `${endpoint.name} redirects more than ${MOST_REDIRECTS} times`,
      );
    }
    // Once a redirect has left the host, no secret is sent any more, not even after a redirect back.
    isOwn = isOwn && redirect.isSameOrigin;
    url = redirect.url;
  }
};
