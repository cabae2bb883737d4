import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keepPlacesFree } from './keep-places-free.ts';

const PLACES = 8;

let server: Server;
let sockets: Socket[];
let now: number;
beforeEach(async () => {
  sockets = [];
  now = 0;
  server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    if (request.url !== '/slow') response.end('ok');
  });
  server.maxConnections = PLACES;
  keepPlacesFree(server, PLACES, () => now);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

const open = async (): Promise<Socket> => {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => {});
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
};
const ask = async (socket: Socket, path = '/'): Promise<string> => {
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  const ended = once(socket, 'close').then(() => ['']);
  const [answer] = await Promise.race([once(socket, 'data'), ended]);
  return String(answer);
};

it('serves a newcomer beside any number of idle connections', async () => {
  for (let count = 0; count < PLACES * 5; count += 1) {
    now += 1_000;
    expect(await ask(await open())).toContain('200 OK');
  }
});

it('leaves idle connections alone while there are few, and those with a request under way always', async () => {
  const slow = await open();
  slow.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
  const idle = await open();
  await ask(idle);
  for (let count = 2; count < PLACES * 0.75; count += 1) await ask(await open());
  expect(idle.readableEnded).toBe(false);
  const closed = once(idle, 'close');
  await open();
  await closed;
  expect(slow.readyState).toBe('open');
});

it('makes room when somebody was turned away too', async () => {
  for (let count = 0; count <= PLACES * 0.75; count += 1) await ask(await open());
  // Within the same second the rest of the places are taken.
  const free =
    PLACES - (await new Promise<number>((resolve) => server.getConnections((_, n) => resolve(n))));
  for (let count = 0; count < free; count += 1) await ask(await open());
  now += 1_000;
  await once(await open(), 'close');
  expect(await ask(await open())).toContain('200 OK');
});
