import type { IncomingMessage, ServerResponse } from 'node:http';
import { Pool } from 'undici';
import { createFaults, type Fault } from './fake-engine-faults.ts';
import { listenOn } from './fake-engine-server.ts';
import type { EngineService, EngineTask } from './fake-engine-spec.ts';
import { findDigest, type FoundDigest } from './swarmpit-double-digest.ts';
import { splitImage, toSwarmpit } from './swarmpit-double-services.ts';
import { createTokens, own, type SwarmpitAnswer } from './swarmpit-double-sign-in.ts';

export type SwarmpitDoubleOptions = {
  /** The engine behind it, fake or real: `unix://…`, `tcp://…` or `http://…`. */
  readonly engineUrl: string;
  /** Where each registry host is spoken to over HTTP, e.g. `{ 'docker.io': 'http://127.0.0.1:4123' }`. */
  readonly registries?: Readonly<Record<string, string>>;
  /** Hosts linked with Swarmpit; default all of `registries`. */
  readonly linked?: readonly string[];
  /** Path below which it is served, e.g. `/swarmpit`. */
  readonly basePath?: string;
  readonly port?: number;
  readonly registryTimeoutMs?: number;
  readonly dockerTimeoutMs?: number;
  /** Whether `GET /api/services/{id}` is there; default true. */
  readonly tellsOne?: boolean;
};

export type SwarmpitDouble = {
  /** Base path included, without `/api`. */
  readonly url: string;
  /** A valid API token, with its prefix, as `POST /api-token` gives it. */
  readonly token: string;
  readonly viewerToken: string;
  readonly setTokenState: (token: string, state: 'valid' | 'expired' | 'revoked') => void;
  /** Every redeploy that was asked for, with what it came to. */
  readonly redeploys: readonly { readonly serviceId: string; readonly status: number }[];
  /** One round of Swarmpit's own agent, which acts on services with its autoredeploy label. */
  readonly runAgent: () => Promise<void>;
  readonly inject: (fault: Fault) => void;
  readonly clearFaults: () => void;
  readonly close: () => Promise<void>;
};

type Reply = { readonly status: number; readonly body: unknown };

const TIMED_OUT = own(408, 'Request timeout');

const connect = (engineUrl: string, timeoutMs: number) => {
  const isSocket = engineUrl.startsWith('unix://');
  const pool = isSocket
    ? new Pool('http://docker', { socketPath: engineUrl.slice('unix://'.length) })
    : new Pool(engineUrl.replace(/^tcp:/, 'http:'));
  const ask = async (method: 'GET' | 'POST', path: string, body?: unknown): Promise<Reply> => {
    const answer = await pool.request({
      method,
      path,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, body: text.trim() === '' ? null : JSON.parse(text) };
  };
  return { ask, close: () => pool.destroy() };
};

/** Docker's answer handed on: its status and message, without Swarmpit's mark. */
const relay = ({ status, body }: Reply): SwarmpitAnswer => ({
  status,
  body: { error: (body as { message?: string } | null)?.message ?? null },
  own: false,
});

/** What a look-up without a digest answers; only the first is Swarmpit's own word. */
const refusal = (found: Exclude<FoundDigest, { kind: 'found' }>): SwarmpitAnswer => {
  switch (found.kind) {
    case 'not-linked':
      return own(401, `No matching registry ( ${found.host} ) linked with Swarmpit`);
    case 'refused':
      return { status: found.status, body: { error: null }, own: false };
    case 'timed-out':
      return TIMED_OUT;
    case 'no-connection':
      return { status: 500, body: {}, own: false };
    default:
      return found satisfies never;
  }
};

/** Swarmpit's HTTP API with its traps, in front of an engine. */
export const startSwarmpitDouble = async (
  options: SwarmpitDoubleOptions,
): Promise<SwarmpitDouble> => {
  const { basePath = '', registries = {}, tellsOne = true } = options;
  const docker = connect(options.engineUrl, options.dockerTimeoutMs ?? 10_000);
  const tokens = createTokens();
  const faults = createFaults();
  const redeploys: { serviceId: string; status: number }[] = [];
  const lookUp = {
    registries,
    linked: new Set(options.linked ?? Object.keys(registries)),
    timeoutMs: options.registryTimeoutMs ?? 5_000,
  };

  const listServices = async (): Promise<SwarmpitAnswer> => {
    const [services, tasks] = await Promise.all([
      docker.ask('GET', '/services'),
      docker.ask('GET', '/tasks'),
    ]);
    if (services.status !== 200) return relay(services);
    const all = tasks.body as EngineTask[];
    const byService = Map.groupBy(all, (task) => task.ServiceID);
    const body = (services.body as EngineService[]).map((one) =>
      toSwarmpit(one, byService.get(one.ID) ?? []),
    );
    return { status: 200, body, own: true };
  };

  const readService = async (id: string): Promise<SwarmpitAnswer> => {
    const service = await docker.ask('GET', `/services/${id}`);
    if (service.status !== 200) return relay(service);
    const filters = encodeURIComponent(JSON.stringify({ service: [id] }));
    const tasks = await docker.ask('GET', `/tasks?filters=${filters}`);
    const body = toSwarmpit(service.body as EngineService, tasks.body as EngineTask[]);
    return { status: 200, body, own: true };
  };

  const redeploy = async (id: string, tag: string | null): Promise<SwarmpitAnswer> => {
    const read = await docker.ask('GET', `/services/${id}`);
    if (read.status !== 200) return relay(read);
    const { ID, Version, Spec } = read.body as EngineService;
    const cut = splitImage(Spec.TaskTemplate.ContainerSpec.Image);
    // A digest without a tag, and a blank tag, become latest: a trap for pinned services.
    const image = `${cut.name}:${tag ?? (cut.tag === '' ? 'latest' : cut.tag)}`;
    const found = await findDigest(lookUp, image);
    if (found.kind !== 'found') return refusal(found);
    Spec.TaskTemplate.ContainerSpec.Image =
      found.digest === null ? image : `${image}@${found.digest}`;
    Spec.TaskTemplate.ForceUpdate = (Spec.TaskTemplate.ForceUpdate ?? 0) + 1;
    return update(ID, Version.Index, Spec);
  };

  const update = async (id: string, version: number, spec: unknown): Promise<SwarmpitAnswer> => {
    const sent = await docker.ask('POST', `/services/${id}/update?version=${version}`, spec);
    return sent.status === 200 ? { status: 202, own: true } : relay(sent);
  };

  const rollback = async (id: string): Promise<SwarmpitAnswer> => {
    const read = await docker.ask('GET', `/services/${id}`);
    if (read.status !== 200) return relay(read);
    const { ID, Version, PreviousSpec } = read.body as EngineService;
    if (PreviousSpec === undefined) return own(400, 'Service has no previous spec');
    return update(ID, Version.Index, PreviousSpec);
  };

  const version = async (): Promise<SwarmpitAnswer> => {
    const told = (await docker.ask('GET', '/version')).body as {
      Version: string;
      ApiVersion: string;
    };
    const body = {
      name: 'swarmpit',
      version: '1.11-SNAPSHOT',
      revision: null,
      initialized: true,
      statistics: false,
      instanceName: null,
      docker: { api: Number(told.ApiVersion), engine: told.Version },
    };
    return { status: 200, body, own: true };
  };

  const route = async (
    method: string,
    path: string,
    query: URLSearchParams,
    request: IncomingMessage,
  ) => {
    if (method === 'GET' && path === '/version') return version();
    if (method === 'POST' && path === '/login') return tokens.login(request);
    if (!path.startsWith('/api')) return own(404, 'Not found');
    const role = tokens.check(request);
    if (typeof role !== 'string') return role;
    if (method === 'POST' && role === 'viewer') return own(403, 'Unauthorized user access');
    if (method === 'POST' && path === '/api-token') {
      return { status: 200, body: { token: tokens.issueApiToken() }, own: true };
    }
    const [, , collection, id, act] = path.split('/');
    if (collection !== 'services') return own(404, 'Not found');
    if (method === 'GET' && id === undefined) return listServices();
    if (method === 'GET' && id !== undefined && act === undefined && tellsOne)
      return readService(id);
    if (method === 'POST' && id !== undefined && act === 'redeploy') {
      const answer = await redeploy(id, query.get('tag'));
      redeploys.push({ serviceId: id, status: answer.status });
      return answer;
    }
    if (method === 'POST' && id !== undefined && act === 'rollback') return rollback(id);
    return own(404, 'Not found');
  };

  const answerOf = async (
    method: string,
    path: string,
    query: URLSearchParams,
    request: IncomingMessage,
  ): Promise<SwarmpitAnswer> => {
    try {
      return await route(method, path, query, request);
    } catch (error) {
      if (error instanceof Error && error.name === 'TimeoutError') return TIMED_OUT;
      return { status: 500, body: { cause: String(error) }, own: false };
    }
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://swarmpit');
    const method = request.method ?? 'GET';
    const path = url.pathname.slice(basePath.length);
    const fault = faults.next({ method, path, query: url.searchParams });
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'drop-before') {
      request.socket.destroy();
      return;
    }
    if (fault?.kind === 'status' || fault?.kind === 'body') {
      const status = fault.kind === 'status' ? fault.status : 200;
      const text = fault.kind === 'status' ? fault.message : fault.text;
      response.writeHead(status, { 'content-type': 'text/html' }).end(text);
      return;
    }
    const answer = url.pathname.startsWith(basePath)
      ? await answerOf(method, path, url.searchParams, request)
      : own(404, 'Not found');
    if (fault?.kind === 'drop-after') {
      request.socket.destroy();
      return;
    }
    response
      .writeHead(answer.status, {
        'content-type': 'application/json',
        ...(answer.own ? { 'x-backend-server': 'swarmpit' } : {}),
      })
      .end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
  };

  const server = await listenOn(
    { kind: 'tcp', ...(options.port === undefined ? {} : { port: options.port }) },
    handle,
  );

  return {
    url: `${server.url.replace('tcp:', 'http:')}${basePath}`,
    token: tokens.issueApiToken(),
    viewerToken: tokens.issue('viewer'),
    setTokenState: tokens.setState,
    redeploys,
    async runAgent() {
      const services = (await docker.ask('GET', '/services')).body as EngineService[];
      for (const { ID, Spec } of services) {
        if (Spec.Labels?.['swarmpit.service.deployment.autoredeploy'] !== 'true') continue;
        const image = Spec.TaskTemplate.ContainerSpec.Image;
        const found = await findDigest(lookUp, image);
        if (found.kind === 'found' && found.digest !== (image.split('@')[1] ?? null)) {
          await redeploy(ID, null);
        }
      }
    },
    inject: faults.inject,
    clearFaults: faults.clear,
    async close() {
      await server.close();
      await docker.close();
    },
  };
};
