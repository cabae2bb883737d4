import { connect, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { LIMITS } from '../../../src/http/ports/limits.ts';
import type { EventFeed } from '../../../src/http/ports/ports.ts';
import { createServer } from '../../../src/http/server.ts';
import {
  createMemoryPorts,
  OPERATOR_TOKEN,
  VIEWER_TOKEN,
} from '../../support/work/memory-ports.ts';
import { type EventReader, openEventReader } from '../../support/http/read-events.ts';

type Listener = Parameters<EventFeed>[1];

const listeners = new Set<Listener>();
/** Tells what it is told to, to all who listen. */
const feed: EventFeed = async (_lastId, listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
const tell = async (text: string): Promise<void> => {
  const events = [{ id: 'a-1', type: 'cluster', data: { text } }];
  await Promise.all([...listeners].map(({ take }) => take(events)));
};
const until = (what: string, check: () => boolean): Promise<unknown> =>
  waitUntil(async () => check() || null, { what, withinMs: 10_000, everyMs: 5 });

let server: FastifyInstance;
let port: number;
const readers: EventReader[] = [];
beforeEach(async () => {
  listeners.clear();
  const { deps } = createMemoryPorts({ events: feed });
  server = await createServer(deps, { ...LIMITS, eventBeat: 20 });
  port = Number(new URL(await server.listen({ host: '127.0.0.1', port: 0 })).port);
});
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close();
  await server.close();
});

const listen = async (token = VIEWER_TOKEN): Promise<EventReader> => {
  const authorization = `Bearer ${token}`;
  const reader = await openEventReader(`http://127.0.0.1:${port}/api/v1/events`, { authorization });
  readers.push(reader);
  return reader;
};

/** A client that asks and never reads. */
const listenDeaf = (): Socket => {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.pause();
  socket.write(
    `GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${VIEWER_TOKEN}\r\n\r\n`,
  );
  return socket;
};

describe('a stream', () => {
  it('shows that it lives while nothing happens', async () => {
    const reader = await listen();
    await until('signs of life', () => reader.text().split(': \n\n').length > 3);
    expect(reader.events).toEqual([]);
  });

  it('is left by who goes away', async () => {
    const reader = await listen();
    await until('it listens', () => listeners.size === 1);
    reader.close();
    await until('it has left', () => listeners.size === 0);
  });

  it('is dropped where its client does not read, and nobody else’s is', async () => {
    const good = await listen();
    const socket = listenDeaf();
    const isClosed = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
    await until('both listen', () => listeners.size === 2);
    const text = 'x'.repeat(200_000);
    for (let told = 0; told < 500 && listeners.size === 2; told += 1) {
      await tell(text);
      const heard = told + 1;
      await until('the other heard it', () => good.events.length === heard);
    }
    expect(listeners.size).toBe(1);
    socket.resume();
    await isClosed;
    const before = good.events.length;
    await tell('still here');
    await until('the other hears on', () => good.events.length === before + 1);
  });

  it('is one of so many', async () => {
    const ofOne = Array.from({ length: LIMITS.eventStreamsOfToken });
    const open = await Promise.all(ofOne.map(() => listen()));
    expect(open.map(({ status }) => status)).toEqual(open.map(() => 200));
    const more = await listen();
    expect(more.status).toBe(503);
    expect(Number(more.headers.get('retry-after'))).toBeGreaterThan(0);
    // Another token has places of its own, as long as there are any.
    const others = await Promise.all(ofOne.map(() => listen(OPERATOR_TOKEN)));
    expect(others.map(({ status }) => status)).toEqual(others.map(() => 200));
    expect((await listen(OPERATOR_TOKEN)).status).toBe(503);
    open[0]?.close();
    await until('there is a place', () => listeners.size === LIMITS.eventStreams - 1);
    expect((await listen()).status).toBe(200);
  });

  it('does not hold up the end of the server', async () => {
    const reader = await listen();
    await server.close();
    await reader.ended;
    expect(listeners.size).toBe(0);
  });

  it('does not hold up the end of the server where nobody reads it either', async () => {
    const socket = listenDeaf();
    await until('it listens', () => listeners.size === 1);
    await tell('x'.repeat(LIMITS.eventsBuffered / 2));
    await server.close();
    expect(listeners.size).toBe(0);
    socket.destroy();
  });
});
