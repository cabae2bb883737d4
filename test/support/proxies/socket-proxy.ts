import { createServer, request } from 'node:http';

/** Whether a call is allowed. The path has no query. */
export type Filter = (method: string, path: string) => boolean;

export type SeenCall = { readonly method: string; readonly path: string; readonly passed: boolean };

export type SocketProxy = { readonly url: string; readonly close: () => Promise<void> };

/**
 * A filter in front of an engine's socket, in this process. Like the socket proxy in the stack file, it answers 403 to
 * everything that is not allowed.
 */
export const startSocketProxy = async (
  socketPath: string,
  passes: Filter,
  onCall: (call: SeenCall) => void = () => {},
): Promise<SocketProxy> => {
  const server = createServer((incoming, answer) => {
    const { method = '', url = '', headers } = incoming;
    const path = url.replace(/\?.*$/, '');
    const passed = passes(method, path);
    onCall({ method, path, passed });
    if (!passed) {
      answer.writeHead(403).end('Forbidden');
      return;
    }
    const onward = request({ socketPath, method, path: url, headers }, (given) => {
      answer.writeHead(given.statusCode ?? 502, given.headers);
      given.pipe(answer);
    });
    onward.once('error', () => answer.destroy());
    answer.once('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `tcp://127.0.0.1:${address.port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
};
