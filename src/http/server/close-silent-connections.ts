import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Long enough for a request that was under way to us when the stop began. */
const GRACE_MS = 1_000;

/** A request is received within 10 s; whoever does not read its answer then is not waited for. */
const LAST_MS = 12_000;

/**
 * Lets nobody hold up the end of the server: not connections that never asked anything, such as those that
 * browsers open ahead (its own time-outs come late for them, and Node forgets some), and not clients that
 * do not read what they are answered.
 */
export const closeSilentConnections = (app: FastifyInstance): void => {
  const sockets = new Set<Socket>();
  app.server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  app.addHook('preClose', (done) => {
    setTimeout(() => {
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    }, GRACE_MS).unref();
    setTimeout(() => app.server.closeAllConnections(), LAST_MS).unref();
    done();
  });
};
