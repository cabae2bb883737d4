import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type Address = { readonly host: string; readonly port: number };

/** A helper's network connection to its database, which can be cut. */
export type Cable = {
  /** Where the helper finds the database. */
  readonly database: Address;
  /** Where the helper listens. */
  readonly host: string;
  /** A command in front of the helper that puts it at this cable. */
  readonly within: readonly string[];
  /** From now on, nothing arrives on either side and neither side is informed, as when a switch loses power. */
  readonly cut: () => Promise<void>;
  /** Allows new connections. */
  readonly mend: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** A cable that is a TCP proxy in front of the database, on a free loopback port. */
export const layCable = async (to: Address): Promise<Cable> => {
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
    database: { host: '127.0.0.1', port },
    host: '127.0.0.1',
    within: [],
    cut: async () => {
      isCut = true;
    },
    // Closes what was cut, so that both sides notice.
    mend: async () => {
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
