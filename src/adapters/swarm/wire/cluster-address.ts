/** Certificates in PEM, for engines over TLS with client certificates. */
export type ClusterTls = {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
};

export type ClusterAddress = {
  readonly origin: string;
  /** Path before every route, without a trailing slash; empty for none. */
  readonly basePath: string;
  readonly socketPath: string | null;
  readonly tls: ClusterTls;
  /** For messages: the address as people write it, without user name and password. */
  readonly shown: string;
};

/** Thrown if an address cannot be that of a cluster. The message says what is expected. */
export class ClusterAddressError extends Error {
  override readonly name = 'ClusterAddressError';
}

const EXPECTED = 'expected unix:///path/to/docker.sock, tcp://host:port, http://… or https://…';
/** The default ports of the engine's own tools. */
const PLAIN_PORT = '2375';
const TLS_PORT = '2376';

/**
 * Parses a cluster's address. `tcp://` means HTTPS if certificates are given, otherwise HTTP, as in `DOCKER_HOST`.
 */
export const parseClusterAddress = (text: string, tls: ClusterTls = {}): ClusterAddress => {
  if (text.startsWith('unix://')) {
    const socketPath = text.slice('unix://'.length);
    if (!socketPath.startsWith('/')) {
      throw new ClusterAddressError(`"${text}" has no absolute socket path; ${EXPECTED}`);
    }
    return { origin: 'http://docker', basePath: '', socketPath, tls: {}, shown: text };
  }
  const isTcp = text.startsWith('tcp://');
  const secure = Object.keys(tls).length > 0;
  const spelt = isTcp ? text.replace('tcp:', secure ? 'https:' : 'http:') : text;
  if (!/^https?:\/\//.test(spelt) || !URL.canParse(spelt)) {
    throw new ClusterAddressError(
      `"${withoutUser(text)}" is not an address of a cluster; ${EXPECTED}`,
    );
  }
  const url = new URL(spelt);
  // `new URL` drops the scheme's default port, so look for an explicit one in the text.
  if (isTcp && url.port === '' && !/:\d+\/?$/.test(text)) url.port = secure ? TLS_PORT : PLAIN_PORT;
  return {
    origin: url.origin,
    basePath: url.pathname.replace(/\/+$/, ''),
    socketPath: null,
    tls,
    shown: withoutUser(text),
  };
};

const withoutUser = (text: string): string => text.replace(/\/\/[^/@]*@/, '//');
