import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Long enough for a request that was already on its way when the stop began. */
const GRACE_MS = 1_000;

/** A request arrives within 10 s. After this time, a client that does not read its answer is disconnected. */
const LAST_MS = 12_000;

/**
 * Closes connections that would delay the server's stop: those that never sent anything, such as the ones that browsers
 * open in advance (the server's own timeouts are too late for them, and Node forgets some), and those of clients that
 * do not read their answers.
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
