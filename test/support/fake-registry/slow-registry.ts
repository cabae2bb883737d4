import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** A registry whose layers are as slow as over a bad connection. Everything else passes at once. */
export type SlowRegistry = {
  readonly host: string;
  /** How long a layer takes from now on, in ms; 0 for no delay. */
  readonly slowDown: (layerMs: number) => void;
  readonly close: () => Promise<void>;
};

/** The first bytes of a layer: layers are compressed with gzip, configurations are JSON. */
const GZIP = Buffer.from([0x1f, 0x8b]);
const EVERY_MS = 250;

/** Sits in front of the registry at `url`, at an address that engines can reach. */
export const startSlowRegistry = async (
  hostAddress: string,
  url: string,
): Promise<SlowRegistry> => {
  const closing = new AbortController();
  let layerMs = 0;

  const dribble = async (body: Buffer, response: ServerResponse): Promise<void> => {
    const pieces = Math.max(1, Math.ceil(layerMs / EVERY_MS));
    for (let piece = 0; piece < pieces; piece += 1) {
      const from = Math.floor((body.length * piece) / pieces);
      response.write(body.subarray(from, Math.floor((body.length * (piece + 1)) / pieces)));
      await pause(EVERY_MS, undefined, { signal: closing.signal });
      if (response.destroyed) return;
    }
    response.end();
  };

  const passOn = (asked: IncomingMessage, response: ServerResponse): void => {
    const { method, headers, url: path = '/' } = asked;
    const onward = request(new URL(path, url), { method, headers }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on('data', (piece: Buffer) => pieces.push(piece));
      answer.on('end', () => {
        const body = Buffer.concat(pieces);
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        const isLayer = body.subarray(0, GZIP.length).equals(GZIP);
        if (!isLayer || layerMs === 0) response.end(body);
        else dribble(body, response).catch(() => response.destroy());
      });
    });
    onward.on('error', () => response.destroy());
    asked.pipe(onward);
  };

  const server = createServer(passOn);
  await new Promise<void>((listening) => {
    server.listen(0, hostAddress, listening);
  });
  const { port } = server.address() as AddressInfo;
  return {
    host: `${hostAddress}:${port}`,
    slowDown: (ms) => {
      layerMs = ms;
    },
    close: () =>
      new Promise((closed) => {
        closing.abort();
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
};
