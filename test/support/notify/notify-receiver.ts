import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Received = {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The body as received. */
  readonly raw: Buffer;
  /** The body as JSON. */
  readonly body: unknown;
  /** ms since the epoch. */
  readonly at: number;
};

export type Receiver = AsyncDisposable & {
  readonly url: string;
  readonly received: readonly Received[];
  /** Resolves with the first `count` notifications when that many have arrived. */
  readonly first: (count: number) => Promise<readonly Received[]>;
};

/** Answers, or never does, so that the sender hangs. */
export type Answer = (response: ServerResponse, received: Received) => void;

const ok: Answer = (response) => response.end('ok');

/** A receiver of notifications on a real socket. */
export const startReceiver = async (answer: Answer = ok): Promise<Receiver> => {
  const received: Received[] = [];
  let waiting: { count: number; resolve: () => void }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      const one = {
        path: request.url ?? '',
        headers: request.headers,
        raw,
        body: JSON.parse(raw.toString('utf8')) as unknown,
        at: Date.now(),
      };
      received.push(one);
      answer(response, one);
      for (const { count, resolve } of waiting) if (received.length >= count) resolve();
      waiting = waiting.filter(({ count }) => received.length < count);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    first: async (count) => {
      if (received.length < count) {
        await new Promise<void>((resolve) => waiting.push({ count, resolve }));
      }
      return received.slice(0, count);
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
