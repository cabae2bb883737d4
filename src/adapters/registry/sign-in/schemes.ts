import { unlessAborted } from '../../exchange/deadline.ts';
import type { FollowedAnswer } from './follow.ts';
import { RegistryError } from '../wire/registry-error.ts';
import type { Endpoint } from '../wire/registry-host.ts';

type Over = (scheme: 'https' | 'http') => Promise<FollowedAnswer>;

/**
 * Contacts an endpoint that may use HTTP, as the engine does with insecure registries: HTTPS first, then HTTP if
 * nothing there speaks TLS. The result is remembered; the first caller finds it out while others wait.
 */
export type OverEither = (
  endpoint: Endpoint,
  caller: AbortSignal,
  over: Over,
) => Promise<FollowedAnswer>;

/** An answer of any kind, even a refusal, shows that the scheme works. */
const isAnswered = (error: unknown): boolean =>
  error instanceof RegistryError && !error.noAnswer && !error.noConnection && !error.isNoHttp;

export const createOverEither = (): OverEither => {
  const plain = new Set<string>();
  /** Endpoints that have spoken TLS once. If somebody blocks TLS later, no password goes over HTTP. */
  const secure = new Set<string>();
  const settling = new Map<string, Promise<void>>();

  const fallsBack = ({ name, authority, isInsecure }: Endpoint, error: RegistryError): boolean => {
    if (secure.has(name) && isInsecure) return false;
    if (error.speaksNoTls) return true;
    // With an explicit port, HTTP would use the same port and fail in the same way.
    const hasPort = /:\d+$/.test(authority);
    return isInsecure && error.noAnswer && !(error.noConnection && hasPort);
  };

  const overHttp = async (endpoint: Endpoint, over: Over): Promise<FollowedAnswer> => {
    try {
      const answer = await over('http');
      plain.add(endpoint.name);
      return answer;
    } catch (error) {
      if (isAnswered(error)) plain.add(endpoint.name);
      else plain.delete(endpoint.name);
      throw error;
    }
  };

  const find = async (endpoint: Endpoint, over: Over): Promise<FollowedAnswer> => {
    try {
      const answer = await over('https');
      secure.add(endpoint.name);
      return answer;
    } catch (error) {
      if (isAnswered(error)) secure.add(endpoint.name);
      if (!(error instanceof RegistryError) || !fallsBack(endpoint, error)) throw error;
      return overHttp(endpoint, over);
    }
  };

  const findFirst = async (endpoint: Endpoint, over: Over): Promise<FollowedAnswer> => {
    const { name } = endpoint;
    const { promise, resolve } = Promise.withResolvers<void>();
    settling.set(name, promise);
    try {
      return await find(endpoint, over);
    } finally {
      settling.delete(name);
      resolve();
    }
  };

  const overKnown = async (endpoint: Endpoint, over: Over): Promise<FollowedAnswer> => {
    if (!plain.has(endpoint.name)) return find(endpoint, over);
    const answer = await overHttp(endpoint, over);
    // A TLS server answers a plain HTTP request with 400.
    if (answer.status !== 400) return answer;
    plain.delete(endpoint.name);
    return find(endpoint, over);
  };

  return async (endpoint, caller, over) => {
    const { name } = endpoint;
    const isKnown = (): boolean => plain.has(name) || secure.has(name);
    const first = settling.get(name);
    if (!isKnown() && first !== undefined) await unlessAborted(first, caller);
    return isKnown() || settling.has(name) ? overKnown(endpoint, over) : findFirst(endpoint, over);
  };
};
