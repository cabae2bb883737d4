import type { IncomingMessage, ServerResponse } from 'node:http';
import { createFaults, type Fault } from '../fake-engine/faults.ts';
import { listenOn } from '../fake-engine/server.ts';
import { NO_ROUTE, type SwarmpitAnswer } from './answer.ts';
import { createAnswers } from './answers.ts';
import { connectDocker } from './docker.ts';
import type { Credentials } from './find-digest.ts';
import { route, type SwarmpitRequest } from './route.ts';
import { createTokens, type TokenState } from './sign-in.ts';
import { SWARMPIT_TRAITS, type SwarmpitVersion } from './versions.ts';

export { SWARMPIT_VERSIONS, type SwarmpitVersion } from './versions.ts';

export type SwarmpitDoubleOptions = {
  /** The engine behind Swarmpit, fake or real: `unix://…`, `tcp://…` or `http://…`. */
  readonly engineUrl: string;
  /** Default: 1.10, the newest release. */
  readonly version?: SwarmpitVersion;
  /** The version in `GET /version`. */
  readonly name?: string;
  /** The HTTP address of each registry host, e.g. `{ 'docker.io': 'http://127.0.0.1:4123' }`. */
  readonly registries?: Readonly<Record<string, string>>;
  /** Hosts linked with Swarmpit; default: all of `registries`. */
  readonly linked?: readonly string[];
  /** The credentials of a linked host. */
  readonly credentials?: Readonly<Record<string, Credentials>>;
  /** The base path, e.g. `/swarmpit`. */
  readonly basePath?: string;
  readonly port?: number;
  readonly registryTimeoutMs?: number;
  readonly dockerTimeoutMs?: number;
  /** The lifetime of an API token in days, as in `SWARMPIT_API_TOKEN_EXPIRY_DAYS`; default: for ever. */
  readonly apiTokenDays?: number;
  /** Whether `GET /api/services/{id}` exists; default: true. */
  readonly tellsOne?: boolean;
  /** Whether the routes of tasks, nodes and logs exist; default: true. */
  readonly tellsTasks?: boolean;
  /** Awaited after a redeploy or rollback was carried out, before the answer. */
  readonly beforeAnswer?: () => Promise<void>;
  /** Whether `GET /version` exists, which a proxy for `/api` alone hides; default: true. */
  readonly tellsVersion?: boolean;
};

export type SwarmpitDouble = {
  /** Including the base path, without `/api`. */
  readonly url: string;
  /** A valid API token with its prefix, as in the answer of `POST /api-token`. */
  readonly token: string;
  readonly viewerToken: string;
  readonly setTokenState: (token: string, state: TokenState) => void;
  /** Every requested redeploy, with its result. */
  readonly redeploys: readonly { readonly serviceId: string; readonly status: number }[];
  /** Every requested rollback, with its result. */
  readonly rollbacks: readonly { readonly serviceId: string; readonly status: number }[];
  /** One round of Swarmpit's own agent, which redeploys services with its autoredeploy label. */
  readonly runAgent: () => Promise<void>;
  readonly inject: (fault: Fault) => void;
  readonly clearFaults: () => void;
  readonly close: () => Promise<void>;
};

const ACT = /^\/api\/services\/([^/]+)\/(redeploy|rollback)$/;

/** Swarmpit's HTTP API with its pitfalls, as in one of its versions, in front of an engine. */
export const startSwarmpitDouble = async (
  options: SwarmpitDoubleOptions,
): Promise<SwarmpitDouble> => {
  const { basePath = '', registries = {} } = options;
  const traits = SWARMPIT_TRAITS[options.version ?? '1.10'];
  const docker = connectDocker(options.engineUrl, options.dockerTimeoutMs ?? 10_000);
  const tokens = createTokens(options.apiTokenDays ?? null);
  const faults = createFaults();
  const acts = {
    redeploy: [] as { serviceId: string; status: number }[],
    rollback: [] as { serviceId: string; status: number }[],
  };
  const answers = createAnswers({
    docker,
    traits,
    name: options.name ?? 'swarmpit',
    lookup: {
      registries,
      linked: new Set(options.linked ?? Object.keys(registries)),
      credentials: options.credentials ?? {},
      timeoutMs: options.registryTimeoutMs ?? 5_000,
      asksForList: traits.asksForList,
    },
  });
  const routes = {
    answers,
    tokens,
    hasViewers: traits.hasViewers,
    tellsOne: options.tellsOne ?? true,
    tellsTasks: options.tellsTasks ?? true,
    tellsVersion: options.tellsVersion ?? true,
  };

  const answerOf = async (asked: SwarmpitRequest): Promise<SwarmpitAnswer> => {
    const answer = await route(routes, asked).catch(answers.failed);
    const [, serviceId = '', act] = ACT.exec(asked.path) ?? [];
    if (answer.isMarked !== true && (act === 'redeploy' || act === 'rollback')) {
      acts[act].push({ serviceId, status: answer.status });
      await options.beforeAnswer?.();
    }
    return answer;
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://swarmpit');
    const method = request.method ?? 'GET';
    const path = url.pathname.slice(basePath.length);
    const query = url.searchParams;
    const fault = faults.next({ method, path, query });
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
      ? await answerOf({ method, path, query, request })
      : NO_ROUTE;
    if (fault?.kind === 'drop-after') {
      request.socket.destroy();
      return;
    }
    const { status, body, isMarked = false } = answer;
    response
      .writeHead(status, {
        ...(body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
        ...(isMarked ? { 'x-backend-server': 'swarmpit' } : {}),
      })
      .end(body === undefined ? undefined : JSON.stringify(body));
  };

  const server = await listenOn(
    { kind: 'tcp', ...(options.port === undefined ? {} : { port: options.port }) },
    handle,
  );

  return {
    url: `${server.url.replace('tcp:', 'http:')}${basePath}`,
    token: tokens.issueApiToken(),
    viewerToken: tokens.issueFor('viewer'),
    setTokenState: tokens.setState,
    redeploys: acts.redeploy,
    rollbacks: acts.rollback,
    runAgent: () => answers.runAgent(),
    inject: faults.inject,
    clearFaults: faults.clear,
    async close() {
      await server.close();
      await docker.close();
    },
  };
};
