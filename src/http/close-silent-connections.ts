import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Long enough for a request that was under way to us when the stop began. */
const GRACE_MS = 1_000;

/**
 * Lets connections that never asked anything, such as those that browsers open ahead, not hold up the end
 * of the server: its own time-outs come late for them, and Node forgets some.
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
    done();
  });
};
