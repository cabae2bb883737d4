import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buffer, json } from 'node:stream/consumers';
import { compareVersions } from '../../../src/adapters/swarm/engine/engine-version.ts';

/**
 * Fields of a service spec by the API version that introduced them. An engine clears fields that are newer than the
 * version of the request, as moby's `adjustForAPIVersion` does. Up to 1.52 they are moby's own. Those of later versions
 * represent future fields.
 */
export const FIELDS_SINCE: Readonly<Record<string, readonly string[]>> = {
  '1.41': [
    'TaskTemplate.ContainerSpec.CapabilityAdd',
    'TaskTemplate.ContainerSpec.CapabilityDrop',
    'TaskTemplate.ContainerSpec.Ulimits',
    'TaskTemplate.Resources.Limits.Pids',
  ],
  '1.44': [
    'TaskTemplate.ContainerSpec.Healthcheck.StartInterval',
    'TaskTemplate.ContainerSpec.Privileges.AppArmor',
    'TaskTemplate.ContainerSpec.Privileges.NoNewPrivileges',
    'TaskTemplate.ContainerSpec.Privileges.Seccomp',
  ],
  '1.46': [
    'TaskTemplate.ContainerSpec.Mounts.0.TmpfsOptions.Options',
    'TaskTemplate.ContainerSpec.OomScoreAdj',
  ],
  '1.52': ['TaskTemplate.Resources.MemorySwappiness', 'TaskTemplate.Resources.SwapBytes'],
  '1.53': ['TaskTemplate.FieldOf153'],
  '1.54': ['TaskTemplate.FieldOf154'],
  '1.55': ['TaskTemplate.FieldOf155'],
  '1.56': ['TaskTemplate.FieldOf156'],
};

type Bag = { [key: string]: unknown };

/** Removes the fields from `spec` that an update with `version` clears. */
export const clearNewerFields = (spec: unknown, version: string): void => {
  for (const [since, paths] of Object.entries(FIELDS_SINCE)) {
    if (compareVersions(version, since) >= 0) continue;
    for (const path of paths) {
      const keys = path.split('.');
      const last = keys.pop() ?? '';
      const holder = keys.reduce<unknown>((at, key) => (at as Bag | undefined)?.[key], spec);
      if (holder !== undefined) delete (holder as Bag)[last];
    }
  }
};

/** The answer of an engine of that version about services, without newer fields. */
const hidden = (body: Buffer, version: string): Buffer | string => {
  const told = body.toString('utf8');
  if (!told.includes('"PreviousSpec"') && !told.includes('"Spec"')) return body;
  const value = JSON.parse(told) as { Spec?: unknown; PreviousSpec?: unknown };
  for (const one of Array.isArray(value) ? value : [value]) {
    clearNewerFields(one.Spec, version);
    clearNewerFields(one.PreviousSpec, version);
  }
  return JSON.stringify(value);
};

export type ApiVersionProxy = {
  readonly url: string;
  /** The newest version that the engine offers from now on. */
  offered: string;
  /** Whether every answer closes its connection. */
  closes: boolean;
  /** Closes every connection, like an engine that stops. */
  readonly drop: () => void;
  /** Called after each answer, with the method and the path without version and query. */
  onAnswered: (method: string, path: string) => void;
  /** Can change a spec before the engine receives it. */
  onPosted: (spec: unknown) => void;
  /** `METHOD PATH` of each call in order, with the API version of the request. */
  readonly calls: readonly { readonly call: string; readonly version: string | null }[];
  readonly close: () => Promise<void>;
};

/**
 * Makes the engine at `engineUrl`, which keeps every field, behave like one with a certain API version. It refuses
 * newer requests, clears fields that are newer than the request, and does not report fields that are newer than itself.
 */
export const startApiVersionProxy = async (
  engineUrl: string,
  offered: string,
): Promise<ApiVersionProxy> => {
  const calls: { call: string; version: string | null }[] = [];
  const onward = new URL(engineUrl.replace('tcp:', 'http:'));

  const handle = async (from: IncomingMessage, to: ServerResponse): Promise<void> => {
    const [, version = null, rest = '/'] = /^(?:\/v([\d.]+))?(\/.*)$/.exec(from.url ?? '') ?? [];
    const path = rest.replace(/\?.*$/, '');
    const { method = 'GET' } = from;
    calls.push({ call: `${method} ${path}`, version });
    const headers = {
      'api-version': proxy.offered,
      'content-type': 'application/json',
      ...(proxy.closes ? { connection: 'close' } : {}),
    };
    to.once('finish', () => proxy.onAnswered(method, path));
    if (version !== null && compareVersions(version, proxy.offered) > 0) {
      const message = `client version ${version} is too new. Maximum supported API version is ${proxy.offered}`;
      to.writeHead(400, headers).end(JSON.stringify({ message }));
      return;
    }
    let body: unknown;
    if (method === 'POST') {
      body = await json(from);
      if (version !== null) clearNewerFields(body, version);
      proxy.onPosted(body);
    }
    const asked = request({ host: onward.hostname, port: onward.port, method, path: rest });
    asked.end(body === undefined ? undefined : JSON.stringify(body));
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    const said = await buffer(answer);
    to.writeHead(answer.statusCode ?? 502, headers).end(
      method === 'GET' ? hidden(said, proxy.offered) : said,
    );
  };

  const server = createServer((from, to) => {
    handle(from, to).catch(() => from.socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: ApiVersionProxy = {
    url: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    offered,
    closes: false,
    drop: () => server.closeAllConnections(),
    onAnswered: () => {},
    onPosted: () => {},
    calls,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return proxy;
};
