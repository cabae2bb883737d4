import { isLoopbackHostname } from './forbidden-address.ts';
import { judgeRedirect, MOST_REDIRECTS } from './redirect.ts';
import { RegistryError } from './registry-error.ts';
import type { Asking } from './sign-in.ts';
import type { Answer, Transport } from './transport.ts';

export type Question = {
  readonly method: 'GET' | 'HEAD';
  /** Begins with `/v2/`. */
  readonly path: string;
  /** Null for the registry as such. */
  readonly repository: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxBytes: number;
};

/** Sends the question to where it leads in the end; credentials stay with the first host. */
/** `url` is where the answer came from. */
export type FollowedAnswer = Answer & { readonly url: URL };

export const follow = async (
  transport: Transport,
  { endpoint, scheme, deadline }: Asking,
  question: Question,
  authorization: string | null,
): Promise<FollowedAnswer> => {
  const first = new URL(question.path, `${scheme}://${endpoint.authority}`);
  let url = first;
  let isOwn = true;
  for (let redirects = 0; ; redirects += 1) {
    const answer = await transport.send(
      {
        method: question.method,
        url,
        headers: {
          ...question.headers,
          ...(isOwn && authorization !== null ? { authorization } : {}),
        },
        maxBytes: question.maxBytes,
        tls: isOwn ? endpoint.tls : endpoint.tlsElsewhere,
        mayBeLocal: isOwn || isLoopbackHostname(first.hostname),
        connections: endpoint.concurrency,
      },
      deadline,
    );
    const redirect = judgeRedirect(answer.status, answer.header('location'), url);
    if (redirect.kind === 'none') return { ...answer, url };
    if (redirect.kind === 'refused') {
      throw new RegistryError('malformed', `${endpoint.name} redirects ${redirect.problem}`);
    }
    if (redirects >= MOST_REDIRECTS) {
      throw new RegistryError(
        'malformed',
        `${endpoint.name} redirects more than ${MOST_REDIRECTS} times`,
      );
    }
    // Once it has left the host, nothing secret goes along any more, not even back.
    isOwn = isOwn && redirect.isSameOrigin;
    url = redirect.url;
  }
};
