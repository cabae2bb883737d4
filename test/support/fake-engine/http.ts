import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, type Answers, problem } from './answers.ts';
import type { EngineRequest, FaultKind, Faults } from './faults.ts';
import { serviceLogs } from './logs.ts';
import { readBody } from './server.ts';
import type { ServiceSpec } from './spec.ts';
import type { EngineState, ServiceRecord } from './state.ts';

const WORKER =
  "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please run this command on a manager node or promote the current node to a manager.";
const NO_SWARM =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';
const isOlder = (one: string, other: string): boolean => {
  const [major = 0, minor = 0] = one.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number);
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
};

/** What a test can change while the engine runs. */
export type EngineControl = {
  role: 'manager' | 'worker' | 'no-swarm';
  proxyAllows: ((request: EngineRequest) => boolean) | null;
};

/** The Engine API over HTTP: versions, proxy, faults, and routing to the answers. */
export const createEngineHttp = (deps: {
  readonly state: EngineState;
  readonly answers: Answers;
  readonly faults: Faults;
  readonly control: EngineControl;
  readonly apiVersion: string;
  readonly minApiVersion: string;
  readonly listeners: Set<(event: Record<string, unknown>) => void>;
  readonly requests: Map<string, number>;
  /** Called after a service was created or updated over HTTP. */
  readonly changed: (record: ServiceRecord | undefined) => void;
  readonly linesOf: (image: string) => readonly string[];
}) => {
  const { state, answers, faults, control, apiVersion, minApiVersion, listeners, requests } = deps;

  const info = () => ({
    ID: 'FAKE',
    Name: state.nodes[0]?.Description.Hostname ?? '',
    ServerVersion: '28.0.0-fake',
    Swarm: {
      NodeID: state.nodes[0]?.ID ?? '',
      LocalNodeState: control.role === 'no-swarm' ? 'inactive' : 'active',
      ControlAvailable: control.role === 'manager',
      ...(control.role === 'manager' ? { Cluster: { ID: state.swarmId } } : {}),
    },
  });

  const route = (request: EngineRequest, body: string, registryAuth: string | null): Answer => {
    const { method, path } = request;
    const [, collection = '', id, action] = path.split('/');
    if (method === 'GET' && path === '/info') return { status: 200, body: JSON.stringify(info()) };
    if (method === 'GET' && path === '/version') {
      return {
        status: 200,
        body: JSON.stringify({
          Version: '28.0.0-fake',
          ApiVersion: apiVersion,
          MinAPIVersion: minApiVersion,
        }),
      };
    }
    if (!['services', 'tasks', 'nodes'].includes(collection)) return problem(404, 'page not found');
    if (control.role !== 'manager')
      return problem(503, control.role === 'worker' ? WORKER : NO_SWARM);
    if (method === 'POST' && path === '/services/create') {
      const answer = answers.create(JSON.parse(body) as ServiceSpec);
      deps.changed(state.find((JSON.parse(body) as ServiceSpec).Name));
      return answer;
    }
    if (method === 'POST' && collection === 'services' && id !== undefined && action === 'update') {
      const answer = answers.update(id, request, body, registryAuth);
      if (answer.status === 200) deps.changed(state.find(id));
      return answer;
    }
    if (method === 'DELETE' && collection === 'services' && id !== undefined)
      return answers.remove(id);
    if (method !== 'GET') return problem(404, 'page not found');
    if (collection === 'services')
      return id === undefined ? answers.services(request) : answers.service(id);
    if (collection === 'tasks') return id === undefined ? answers.tasks(request) : answers.task(id);
    return answers.nodes();
  };

  const headers = {
    'Api-Version': apiVersion,
    get Date() {
      return new Date(state.timestamp()).toUTCString();
    },
    Ostype: 'linux',
    Server: 'Docker/28.0.0-fake (linux)',
  };

  const streamEvents = (request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(200, { ...headers, 'Content-Type': 'application/json' });
    response.flushHeaders();
    const listener = (event: Record<string, unknown>): void => {
      response.write(`${JSON.stringify(event)}\n`);
    };
    listeners.add(listener);
    request.socket.once('close', () => listeners.delete(listener));
  };

  /** Whether the request may proceed. If not, it was answered here. */
  const passes = async (
    fault: FaultKind | null,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<boolean> => {
    switch (fault?.kind) {
      case 'drop-before':
        request.socket.destroy();
        return false;
      case 'hang':
        return false;
      case 'status':
        response.writeHead(fault.status, headers).end(JSON.stringify({ message: fault.message }));
        return false;
      case 'body':
        response.writeHead(200, headers).end(fault.text);
        return false;
      case 'delay':
        await delay(fault.ms, undefined, { ref: false });
        return true;
      case 'drop-after':
      case undefined:
        return true;
    }
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://engine');
    const versioned = /^\/v(\d+\.\d+)(\/.*)$/.exec(url.pathname);
    const asked: EngineRequest = {
      method: request.method ?? 'GET',
      path: versioned?.[2] ?? url.pathname,
      query: url.searchParams,
    };
    const { method, path } = asked;
    requests.set(`${method} ${path}`, (requests.get(`${method} ${path}`) ?? 0) + 1);
    const body = await readBody(request);
    const fault = faults.next(asked);
    if (!(await passes(fault, request, response))) return;
    const send = (answer: Answer): void => {
      if (fault?.kind === 'drop-after') request.socket.destroy();
      else {
        response
          .writeHead(answer.status, { ...headers, 'Content-Type': 'application/json' })
          .end(answer.body === '' ? undefined : `${answer.body}\n`);
      }
    };
    if (control.proxyAllows !== null && !control.proxyAllows(asked)) {
      response.writeHead(403, { 'Content-Type': 'text/plain' }).end('Forbidden\n');
      return;
    }
    const version = versioned?.[1];
    if (version !== undefined && isOlder(version, minApiVersion)) {
      send(
        problem(
          400,
          `client version ${version} is too old. Minimum supported API version is ${minApiVersion}, please upgrade your client to a newer version`,
        ),
      );
    } else if (version !== undefined && isOlder(apiVersion, version)) {
      send(
        problem(
          400,
          `client version ${version} is too new. Maximum supported API version is ${apiVersion}`,
        ),
      );
    } else if (path === '/_ping')
      response.writeHead(200, { ...headers, 'Content-Type': 'text/plain' }).end('OK');
    else if (path === '/events') streamEvents(request, response);
    else if (/^\/services\/[^/]+\/logs$/.test(path) && control.role === 'manager') {
      const found = serviceLogs(
        state,
        (task) => deps.linesOf(task.Spec.ContainerSpec.Image),
        path.split('/')[2] ?? '',
        asked.query,
      );
      if (found === null) send(problem(404, 'service not found'));
      else
        response
          .writeHead(200, { ...headers, 'Content-Type': 'application/vnd.docker.raw-stream' })
          .end(found);
    } else send(route(asked, body, request.headers['x-registry-auth']?.toString() ?? null));
  };

  return handle;
};
