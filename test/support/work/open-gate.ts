import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export type Gate = {
  readonly port: number;
  readonly isOpen: () => boolean;
  /** Refuses connections and closes existing ones, like a host whose process is gone. */
  readonly shut: () => Promise<void>;
  readonly open: () => Promise<void>;
};

/** Forwards to a TCP port of this machine. A test can close and reopen it. Its own port stays the same. */
export const openGate = async (target: number): Promise<Gate> => {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return address.port;
  };
  const port = await listen(0);
  return {
    port,
    isOpen: () => server.listening,
    shut: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    open: async () => {
      await listen(port);
    },
  };
};
