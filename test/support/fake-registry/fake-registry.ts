import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { type Digest, parseDigest } from '../../../src/core/image/digest.ts';
import {
  type ArmedFault,
  answerWithFault,
  bendBody,
  bendHeaders,
  type FakeRequestKind,
  type Fault,
  type FaultFilter,
} from './faults.ts';
import { type FakeContent, fakeImage } from './images.ts';
import { type Answer, createGate, type FakeSignIn, registryError } from './sign-in.ts';
import { createShelf } from './shelf.ts';

export type FakeRequest = {
  readonly method: string;
  readonly path: string;
  readonly kind: FakeRequestKind;
  readonly repository: string | null;
  /** Tag or digest. */
  readonly reference: string | null;
  readonly headers: IncomingMessage['headers'];
  /** Milliseconds since 1970. */
  readonly at: number;
};

export type FakeQuota = { limit: number; remaining: number; windowSeconds: number; source: string };

export type FakeRegistryOptions = {
  /** Address to listen on; default: 127.0.0.1. */
  readonly hostAddress?: string;
  readonly port?: number;
  /** PEM; enables HTTPS. `ca` requires a client certificate that it signed. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
  readonly signIn?: FakeSignIn;
  /** The most tags in one page of a list; default: as many as requested. */
  readonly tagsPerPage?: number;
  /** Waits this long before every answer. */
  readonly latencyMs?: number;
  /** Reported in Docker Hub's headers. A GET of a manifest uses one. */
  readonly quota?: FakeQuota;
  /** Keep no log of requests, for benchmarks. {@link FakeRegistry.count} stays correct. */
  readonly forgetful?: boolean;
};

export type FakeRegistry = {
  /** `127.0.0.1:port`, as in an image reference. */
  readonly host: string;
  readonly origin: string;
  /**
   * Points a tag at content, at a digest, or at an image made from a text (the same text gives the same digest). For a
   * digest without content, HEAD answers and GET returns 404.
   */
  readonly setTag: (
    repository: string,
    tag: string,
    content: FakeContent | Digest | string,
  ) => Digest;
  readonly removeTag: (repository: string, tag: string) => void;
  readonly requests: readonly FakeRequest[];
  readonly count: (filter?: {
    method?: string;
    kind?: FakeRequestKind;
    repository?: string;
    reference?: string;
  }) => number;
  readonly forgetRequests: () => void;
  /** Later faults are tried first. Returns a function that removes the fault. */
  readonly fault: (fault: Fault, filter?: FaultFilter) => () => void;
  readonly forgetTokens: () => void;
  /** Accepts this token for everything from now on. */
  readonly allowToken: (token: string) => void;
  /** The most requests in progress at the same time. */
  readonly mostAtOnce: () => number;
  /** Connections accepted so far. */
  readonly connections: () => number;
  readonly close: () => Promise<void>;
};

type Target = Pick<FakeRequest, 'kind' | 'repository' | 'reference'>;

const PATTERN = /^\/v2\/(?<repository>.+)\/(?<what>manifests|blobs)\/(?<reference>[^/]+)$/;

const targetOf = (path: string): Target => {
  const groups = PATTERN.exec(path)?.groups;
  if (groups !== undefined) {
    return {
      kind: groups['what'] === 'manifests' ? 'manifest' : 'blob',
      repository: groups['repository'] ?? null,
      reference: decodeURIComponent(groups['reference'] ?? ''),
    };
  }
  const listed = /^\/v2\/(.+)\/tags\/list$/.exec(path)?.[1];
  if (listed !== undefined) return { kind: 'tags', repository: listed, reference: null };
  const kind = path === '/v2/' ? 'ping' : path === '/token' ? 'token' : 'other';
  return { kind, repository: null, reference: null };
};

const matches = (
  filter: Omit<FaultFilter, 'times'>,
  request: Target & { method: string; path?: string; signedIn?: boolean },
): boolean =>
  (filter.signedIn ?? request.signedIn) === request.signedIn &&
  (request.path ?? '').includes(filter.query ?? '') &&
  (filter.method ?? request.method) === request.method &&
  (filter.kind ?? request.kind) === request.kind &&
  (filter.repository ?? request.repository) === request.repository &&
  (filter.reference ?? request.reference) === request.reference;

const listen = async (server: Server, port: number, address: string): Promise<number> => {
  server.listen(port, address);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};

/** A registry in this process behind a real socket. The test decides its content, its speed and its faults. */
export const startFakeRegistry = async (
  options: FakeRegistryOptions = {},
): Promise<FakeRegistry> => {
  const shelf = createShelf();
  const faults: ArmedFault[] = [];
  const requests: FakeRequest[] = [];
  const counts = new Map<string, number>();
  let origin = '';
  let atOnce = 0;
  let mostAtOnce = 0;
  let connections = 0;
  const gate = createGate(options.signIn ?? { kind: 'none' }, () => origin);
  const quota = options.quota;

  const take = (request: Target & { method: string; path: string; signedIn: boolean }): Fault[] => {
    const met: Fault[] = [];
    for (const armed of faults.toReversed()) {
      if (armed.left <= 0 || !matches(armed.filter, request)) continue;
      armed.left -= 1;
      met.push(armed.fault);
    }
    return met;
  };

  const quotaHeaders = (method: string, target: Target): Record<string, string> => {
    if (quota === undefined || target.kind !== 'manifest') return {};
    if (method === 'GET') quota.remaining -= 1;
    const window = `;w=${quota.windowSeconds}`;
    return {
      'ratelimit-limit': `${quota.limit}${window}`,
      'ratelimit-remaining': `${quota.remaining}${window}`,
      'docker-ratelimit-source': quota.source,
    };
  };

  const usualAnswer = async (
    request: IncomingMessage,
    url: URL,
    target: Target,
  ): Promise<Answer> => {
    if (target.kind === 'token') return gate.answerToken(request, url);
    const refusal = gate.refuse(request, target.repository);
    if (refusal !== null) return refusal;
    if (target.kind === 'ping') return { status: 200, headers: {}, body: '{}' };
    if (target.kind === 'tags' && target.repository !== null) {
      return shelf.answerTags(target.repository, url.searchParams, options.tagsPerPage);
    }
    if (target.repository === null || target.reference === null)
      return registryError(404, 'UNSUPPORTED');
    if (target.kind === 'blob') return shelf.answerBlob(target.reference);
    return request.method === 'PUT'
      ? shelf.putManifest(request, target.repository, target.reference)
      : shelf.answerManifest(target.repository, target.reference, request.headers);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', origin);
    const target = targetOf(url.pathname);
    const method = request.method ?? 'GET';
    const key = JSON.stringify([method, target.kind, target.repository, target.reference]);
    counts.set(key, (counts.get(key) ?? 0) + 1);
    if (options.forgetful !== true) {
      const { headers } = request;
      requests.push({ method, path: request.url ?? '/', ...target, headers, at: Date.now() });
    }
    if (options.latencyMs !== undefined) await wait(options.latencyMs);
    const signedIn = request.headers.authorization !== undefined;
    const met = take({ ...target, method, path: request.url ?? '/', signedIn });
    for (const fault of met) {
      if (fault.kind === 'slow') await wait(fault.ms);
      if (answerWithFault(fault, response, { query: url.search })) return;
    }
    const answer = await usualAnswer(request, url, target);
    const body = bendBody(Buffer.from(answer.body), met);
    const headers: Record<string, string> = {
      'content-length': String(body.length),
      'docker-distribution-api-version': 'registry/2.0',
      ...answer.headers,
      ...quotaHeaders(method, target),
    };
    response.writeHead(answer.status, bendHeaders(headers, met));
    response.end(method === 'HEAD' || answer.status === 304 ? undefined : body);
  };

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    atOnce += 1;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    response.once('close', () => {
      atOnce -= 1;
    });
    handle(request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  };

  const { tls } = options;
  const server: Server =
    tls === undefined
      ? createServer(onRequest)
      : createTlsServer({ ...tls, requestCert: tls.ca !== undefined }, onRequest);
  server.on('connection', () => {
    connections += 1;
  });
  const address = options.hostAddress ?? '127.0.0.1';
  const port = await listen(server, options.port ?? 0, address);
  const host = `${address}:${port}`;
  origin = `${tls === undefined ? 'http' : 'https'}://${host}`;

  return {
    host,
    origin,
    setTag: (repository, tag, content) => {
      if (typeof content !== 'string') return shelf.put(repository, tag, content);
      const digest = parseDigest(content);
      if (digest === null) return shelf.put(repository, tag, fakeImage(content));
      shelf.point(repository, tag, digest);
      return digest;
    },
    removeTag: shelf.removeTag,
    requests,
    count: (filter = {}) => {
      let sum = 0;
      for (const [key, count] of counts) {
        const [method, kind, repository, reference] = JSON.parse(key) as [
          string,
          FakeRequestKind,
          string | null,
          string | null,
        ];
        if (matches(filter, { method, kind, repository, reference })) sum += count;
      }
      return sum;
    },
    forgetRequests: () => {
      requests.length = 0;
      counts.clear();
    },
    fault: (fault, filter = {}) => {
      const armed: ArmedFault = { fault, filter, left: filter.times ?? Number.POSITIVE_INFINITY };
      faults.push(armed);
      return () => {
        armed.left = 0;
      };
    },
    forgetTokens: gate.forgetTokens,
    allowToken: gate.allowToken,
    mostAtOnce: () => mostAtOnce,
    connections: () => connections,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
