import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a fake server listens. `unix` alone means a socket in a new folder. */
export type ListenOn =
  | { readonly kind: 'tcp'; readonly port?: number }
  | { readonly kind: 'unix'; readonly path?: string }
  | { readonly kind: 'tls'; readonly ca: string; readonly cert: string; readonly key: string };

export type ListeningServer = {
  /** `tcp://…`, `unix://…` or `https://…`, like the address of an engine. */
  readonly url: string;
  readonly close: () => Promise<void>;
};

const MAX_BODY = 8 * 1024 * 1024;

/** The complete body of a request as text, up to a limit. */
export const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) throw new Error('body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

export const listenOn = async (
  on: ListenOn,
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<ListeningServer> => {
  const listener: RequestListener = (request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else
        response
          .writeHead(500, { 'Content-Type': 'application/json' })
          .end(JSON.stringify({ message: String(error) }));
    });
  };
  const server =
    on.kind === 'tls'
      ? createTlsServer({ ...on, requestCert: true, rejectUnauthorized: true }, listener)
      : createServer(listener);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const folder =
    on.kind === 'unix' && on.path === undefined
      ? await mkdtemp(join(tmpdir(), 'fake-engine-'))
      : null;
  const path = on.kind === 'unix' ? (on.path ?? join(folder ?? '', 'docker.sock')) : null;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  if (path !== null) server.listen(path, resolve);
  else server.listen(on.kind === 'tcp' ? (on.port ?? 0) : 0, '127.0.0.1', resolve);
  await promise;
  const port = path === null ? (server.address() as AddressInfo).port : 0;
  return {
    url:
      path === null
        ? `${on.kind === 'tls' ? 'https' : 'tcp'}://127.0.0.1:${port}`
        : `unix://${path}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
      if (folder !== null) await rm(folder, { recursive: true, force: true });
    },
  };
};
