import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';

/**
 * The addresses of sandboxes come from this range. It is reserved for tests of network devices, so no real host uses it
 * ({@link https://www.rfc-editor.org/rfc/rfc2544 RFC 2544}, appendix C.2.2).
 */
export const SANDBOX_NETWORK = '198.18.0.0/15';

/** A network with two addresses, one for the machine and one for an engine. */
export type Link = {
  readonly name: string;
  readonly hostAddress: string;
  readonly engineAddress: string;
  readonly prefixLength: 30;
};

const LINKS = 2 ** 15;

/** A link that nothing on this machine uses. */
export const freeLink = (): Link => {
  const used = new Set(
    Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)),
  );
  for (;;) {
    const number = randomInt(LINKS);
    const address = (last: number) => {
      const offset = number * 4 + last;
      return `198.${18 + (offset >> 16)}.${(offset >> 8) & 255}.${offset & 255}`;
    };
    if (used.has(address(1))) continue;
    return {
      name: `cdsandbox${number.toString(16)}`,
      hostAddress: address(1),
      engineAddress: address(2),
      prefixLength: 30,
    };
  }
};

/** A TCP port of `host` that was free a moment ago. */
export const freePort = async (host = '127.0.0.1'): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  if (address === null || typeof address === 'string') throw new Error(`no port on ${host}`);
  return address.port;
};

/** Null if nothing accepts a connection there, for use with `waitUntil`. */
export const canConnect = async (host: string, port: number): Promise<true | null> =>
  await new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1000 });
    const settle = (answer: true | null) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(null));
    socket.once('timeout', () => settle(null));
  });
