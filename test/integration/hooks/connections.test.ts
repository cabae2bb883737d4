import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { LIMITS } from '../../../src/http/ports/limits.ts';
import { createServer, type Patience } from '../../../src/http/server.ts';
import { createMemoryPorts, HOOK_SECRET } from '../../support/work/memory-ports.ts';
import { sendRaw } from '../../support/proxies/raw-http.ts';

const BODY = '{"image":"acme/app:v1"}';
const HASTY = { headersTimeout: 400, requestTimeout: 800, checkInterval: 50 };

const request = (body = BODY, path = `/hooks/${HOOK_SECRET}`, more = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n${more}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

let ports: ReturnType<typeof createMemoryPorts>;
let server: FastifyInstance;
let port: number;
const sockets = new Set<Socket>();

const listen = async (patience: Patience): Promise<void> => {
  server = await createServer(ports.deps, patience);
  await server.listen({ host: '127.0.0.1', port: 0 });
  ({ port } = server.server.address() as AddressInfo);
};

beforeEach(async () => {
  ports = createMemoryPorts();
  await listen(HASTY);
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await server.close();
});

const until = (what: string, isSo: () => Promise<boolean>): Promise<true> =>
  waitUntil(async () => ((await isSo()) ? true : null), { what, withinMs: 30_000, everyMs: 20 });

/** A connection whose bytes are kept, and which bears being ended by the other side. */
const open = async (halfOpen = false) => {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: halfOpen });
  sockets.add(socket);
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => (text += chunk));
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
    socket.on('error', () => resolve());
  });
  await Promise.race([once(socket, 'connect').catch(() => {}), closed]);
  return { socket, closed, text: () => text };
};

const statuses = (text: string): readonly number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

/** The status of the answer, or 0 where there is none. */
const answerOf = async (text: string): Promise<number> => {
  const answer = await sendRaw(port, text).catch(() => null);
  return answer?.status ?? 0;
};

const openConnections = (): Promise<number> =>
  new Promise((resolve, reject) => {
    server.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });

describe('one connection', () => {
  it('may carry many requests at once, each answered in its turn', async () => {
    const { socket, text } = await open();
    const images = Array.from({ length: 100 }, (_, index) => `acme/app:v${index}`);
    socket.write(images.map((image) => request(JSON.stringify({ image }))).join(''));
    await until('100 answers', async () => statuses(text()).length === 100);
    expect(new Set(statuses(text()))).toEqual(new Set([202]));
    const told = [...text().matchAll(/"image":"docker\.io\/([^"]+)"/g)].map(([, image]) => image);
    expect(told).toEqual(images);
  });

  it('that asks far ahead is ended, and one beside it is answered', async () => {
    const { socket, closed } = await open();
    socket.write('GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n'.repeat(LIMITS.unanswered + 1));
    await closed;
    expect(await answerOf(request())).toBe(202);
    const ended = ports.logLines.filter((line) => line.includes('connection ended'));
    expect(ended).toEqual([expect.stringContaining('too-many-unanswered')]);
  });

  it('may ask any number of times when it waits for its answers', async () => {
    const { socket, text } = await open();
    for (let count = 1; count <= LIMITS.unanswered * 2; count += 1) {
      socket.write('GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n');
      await until('an answer', async () => statuses(text()).length === count);
    }
    expect(new Set(statuses(text()))).toEqual(new Set([200]));
  });

  it('may carry a wrong request among right ones, which are none the worse for it', async () => {
    const { socket, text } = await open();
    socket.write(
      [request(), request(BODY, '/hooks/wrong'), request('{'), request(), request()].join(''),
    );
    await until('5 answers', async () => statuses(text()).length === 5);
    expect(statuses(text())).toEqual([202, 401, 400, 202, 202]);
    expect(ports.accepted).toHaveLength(3);
  });

  it('that is closed in the middle of a body leaves nothing', async () => {
    const { socket, closed } = await open();
    socket.write(request().slice(0, -5));
    await pause(20);
    socket.destroy();
    await closed;
    await until('no connection is left', async () => (await openConnections()) === 0);
    expect(ports.accepted).toEqual([]);
    expect(ports.logLines.filter((line) => line.startsWith('error'))).toEqual([]);
  });

  it.each([
    ['after a whole request', request(), [202]],
    ['in its headers', request().slice(0, 30), [400]],
    ['in its body', request().slice(0, -5), [400]],
    ['before it said anything', '', []],
  ])('that is half-closed %s is answered and then gone', async (_name, sent, expected) => {
    const { socket, closed, text } = await open(true);
    socket.end(sent);
    await until('the answer', async () => statuses(text()).length >= expected.length);
    await until('the helper has let go of it', async () => (await openConnections()) === 0);
    expect(statuses(text())).toEqual(expected);
    expect(ports.accepted).toHaveLength(expected[0] === 202 ? 1 : 0);
    socket.destroy();
    await closed;
  });

  it('that never asks anything does not hold up the end, and one that asks late is answered', async () => {
    await server.close();
    ports = createMemoryPorts();
    await listen({ headersTimeout: 60_000, requestTimeout: 60_000, checkInterval: 1_000 });
    const silent = [await open(), await open(), await open()];
    const late = await open();
    const begun = performance.now();
    const closing = server.close();
    late.socket.write(request());
    await closing;
    // Far from both: it takes a second, and nobody is waited for longer than twelve.
    expect(performance.now() - begun).toBeLessThan(8_000);
    await Promise.all(silent.map(({ closed }) => closed));
    expect(statuses(late.text())).toEqual([202]);
  });

  it.each([
    ['of its headers', 'POST /hooks/x HTTP/1.1\r\nHost: h\r\nX-Long: '],
    ['of its body', request(`{"image":"${'x'.repeat(10_000)}"}`).slice(0, -9_900)],
    [
      'of a chunk',
      request('', undefined, 'Transfer-Encoding: chunked\r\n')
        .replace('Content-Length: 0\r\n', '')
        .concat('2000\r\n{"image":"'),
    ],
  ])(
    'that drips a byte %s now and then is ended by the time it has, not by each pause',
    async (_name, begun) => {
      const { socket, text, closed } = await open();
      const began = performance.now();
      const drip = setInterval(() => socket.write('X'), 60);
      try {
        socket.write(begun);
        await closed;
      } finally {
        clearInterval(drip);
      }
      expect(statuses(text())).toEqual([408]);
      expect(performance.now() - began).toBeLessThan(5_000);
      expect(ports.accepted).toEqual([]);
    },
  );

  it('that never ends its chunks is told once that it is too much, and closed', async () => {
    const { socket, text, closed } = await open();
    socket.write(
      request('', undefined, 'Transfer-Encoding: chunked\r\n').replace('Content-Length: 0\r\n', ''),
    );
    const chunk = `1000\r\n${'x'.repeat(0x1000)}\r\n`;
    let sent = 0;
    while (!socket.destroyed) {
      sent += 0x1000;
      if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), closed]);
      else await pause(0);
    }
    expect(statuses(text())).toEqual([413]);
    // Some more than is read is under way on the socket itself.
    expect(sent).toBeLessThan(32 * 1024 * 1024);
    expect(ports.accepted).toEqual([]);
  });
});

describe('headers', () => {
  it.each([
    ['one of 17 KiB', `X-Big: ${'x'.repeat(17 * 1024)}\r\n`],
    ['thousands', 'X-Many: 1\r\n'.repeat(3_000)],
    ['one name of 20 KiB', `${'X'.repeat(20 * 1024)}: 1\r\n`],
  ])('%s: 431', async (_name, more) => {
    const answer = await sendRaw(port, request(BODY, `/hooks/${HOOK_SECRET}`, more));
    expect(answer.status).toBe(431);
    expect(JSON.parse(answer.body)).toMatchObject({
      type: 'urn:cd-helper:problem:headers-too-long',
    });
    expect(ports.accepted).toEqual([]);
  });

  it.each([
    ['that are folded', 'X-A: 1\r\n  folded\r\n'],
    ['with a line break of their own', 'X-A: 1\nX-B: 2\r\n'],
    ['without a name', ': nothing\r\n'],
    ['with a null', 'X-A: a\u0000b\r\n'],
    ['with two lengths', 'Content-Length: 5\r\n'],
    ['with a space before the colon', 'Transfer-Encoding : chunked\r\n'],
  ])('%s: 400', async (_name, more) => {
    const answer = await sendRaw(port, request(BODY, `/hooks/${HOOK_SECRET}`, more));
    expect(answer.status).toBe(400);
    expect(ports.accepted).toEqual([]);
  });
});

describe('ten thousand connections', () => {
  const WANTED = 10_000;

  it('are held up to the limit, and a sender is served beside them', async () => {
    await server.close();
    ports = createMemoryPorts();
    await listen({ ...HASTY, headersTimeout: 110_000, requestTimeout: 115_000 });
    const before = process.memoryUsage().rss;
    const held: Awaited<ReturnType<typeof open>>[] = [];
    // In lots, so that the queue of the listening socket is not what is tested.
    for (let lot = 0; lot < WANTED; lot += 500) {
      held.push(...(await Promise.all(Array.from({ length: 500 }, () => open()))));
    }
    expect(held).toHaveLength(WANTED);
    await until(
      'the oldest are gone',
      async () => (await openConnections()) === LIMITS.connections,
    );
    const grown = process.memoryUsage().rss - before;
    // Both ends live in this process.
    expect(grown / WANTED).toBeLessThan(64 * 1024);
    // A newcomer gets the place of the oldest, and who has shown a secret keeps it.
    const sender = await open();
    sender.socket.write(request());
    await until('an answer', async () => statuses(sender.text()).length === 1);
    await Promise.all(Array.from({ length: 500 }, () => open()));
    sender.socket.write(request());
    await until('another answer', async () => statuses(sender.text()).length === 2);
    expect(statuses(sender.text())).toEqual([202, 202]);
    expect(ports.logLines.filter((line) => line.startsWith('error'))).toEqual([]);
  }, 120_000);

  it('with half a request each are no different', async () => {
    const half = request().slice(0, -5);
    const held: Awaited<ReturnType<typeof open>>[] = [];
    for (let lot = 0; lot < 2_000; lot += 500) {
      const more = await Promise.all(Array.from({ length: 500 }, () => open()));
      for (const { socket } of more) socket.write(half);
      held.push(...more);
    }
    // Below the limit of connections, those who send whole requests never wait for them.
    expect((await sendRaw(port, request())).status).toBe(202);
    await Promise.all(held.map(({ closed }) => closed));
    expect(new Set(held.flatMap(({ text }) => statuses(text())))).toEqual(new Set([408]));
    expect(ports.accepted).toHaveLength(1);
  }, 120_000);
});
