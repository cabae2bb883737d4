import type { Server } from 'node:http';

/** Of all places, from which on idle connections make room. */
const SHARE = 0.75;
const AT_MOST_EVERY_MS = 1_000;

/**
 * Where most of a server's places are taken, connections that are idle between two requests are closed:
 * whoever holds thousands of them open keeps nobody out. Who has not finished a first request in time is
 * cut off by the server's time-outs.
 */
export const keepPlacesFree = (server: Server, places: number, now: () => number): void => {
  let open = 0;
  let closedAt = Number.NEGATIVE_INFINITY;
  const makeRoom = (): void => {
    if (open <= places * SHARE || now() - closedAt < AT_MOST_EVERY_MS) return;
    closedAt = now();
    server.closeIdleConnections();
  };
  server.on('connection', (socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
    makeRoom();
  });
  // One too many is turned away without being counted as a connection.
  server.on('drop', makeRoom);
};
