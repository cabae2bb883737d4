import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export type ForwardProxy = {
  readonly url: string;
  readonly host: string;
  /** The requests to it: `CONNECT ghcr.io:443`, `HEAD http://registry.test/v2/…`. */
  readonly asked: readonly string[];
  readonly close: () => Promise<void>;
};

export type ForwardProxyOptions = {
  readonly hostAddress?: string;
  /** Redirects names, `host:port` → `host:port`. Other names go to themselves. */
  readonly leads?: Readonly<Record<string, string>>;
  /** The required `user:password`. */
  readonly user?: string;
  /** Answers every tunnel with this status instead. */
  readonly refuse?: number;
};

/** A forward proxy as in companies: tunnels for HTTPS, absolute URLs for HTTP. */
export const startForwardProxy = async (
  options: ForwardProxyOptions = {},
): Promise<ForwardProxy> => {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const placeOf = (authority: string): { host: string; port: number } => {
    const [host = '', port = '80'] = (options.leads?.[authority] ?? authority).split(':');
    return { host, port: Number(port) };
  };
  const isWelcome = ({ headers }: IncomingMessage): boolean => {
    if (options.user === undefined) return true;
    const basic = `Basic ${Buffer.from(options.user).toString('base64')}`;
    return headers['proxy-authorization'] === basic;
  };

  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    if (!isWelcome(incoming)) {
      response.writeHead(407).end();
      return;
    }
    const url = new URL(incoming.url ?? '');
    const { host, port } = placeOf(`${url.hostname}:${url.port === '' ? '80' : url.port}`);
    const outgoing = request(
      {
        host,
        port,
        method: incoming.method,
        path: `${url.pathname}${url.search}`,
        headers: incoming.headers,
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  });
  server.on('connect', (incoming: IncomingMessage, client: Socket, head: Buffer) => {
    asked.push(`CONNECT ${incoming.url}`);
    sockets.add(client);
    client.on('error', () => client.destroy());
    const refusal = isWelcome(incoming) ? options.refuse : 407;
    if (refusal !== undefined) {
      client.end(`HTTP/1.1 ${refusal} No\r\n\r\n`);
      return;
    }
    const { host, port } = placeOf(incoming.url ?? '');
    const far = connect(port, host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      far.write(head);
      far.pipe(client).pipe(far);
    });
    sockets.add(far);
    far.on('error', () => client.destroy());
  });
  server.listen(0, options.hostAddress ?? '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const host = `${options.hostAddress ?? '127.0.0.1'}:${port}`;
  return {
    url: `http://${options.user === undefined ? '' : `${options.user}@`}${host}`,
    host,
    asked,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
