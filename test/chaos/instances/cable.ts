import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A network connection to a server that can be cut. */
export type Cable = {
  readonly host: string;
  readonly port: number;
  /** From now on, nothing arrives on either side and neither side is informed, as when a switch loses power. */
  readonly cut: () => void;
  /** Closes what was cut, so that both sides notice, and allows new connections. */
  readonly mend: () => void;
  readonly close: () => Promise<void>;
};

/** Sits in front of a TCP server, on a free loopback port. */
export const layCable = async (to: { host: string; port: number }): Promise<Cable> => {
  const sockets = new Set<Socket>();
  let isCut = false;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((from) => {
    keep(from);
    // To its owner, the connection still looks open.
    if (isCut) return;
    const onward = connect(to);
    keep(onward);
    const hand = (one: Socket, other: Socket): void => {
      one.on('data', (bytes) => {
        if (!isCut) other.write(bytes);
      });
      one.on('close', () => {
        if (!isCut) other.destroy();
      });
    };
    hand(from, onward);
    hand(onward, from);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const dropAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    host: '127.0.0.1',
    port,
    cut: () => {
      isCut = true;
    },
    mend: () => {
      isCut = false;
      dropAll();
    },
    close: async () => {
      server.close();
      dropAll();
      await once(server, 'close');
    },
  };
};
