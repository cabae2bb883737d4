import { connect, type Socket } from 'node:net';

/** One connection of an attacker, called when it opens. */
export type Attacker = (socket: Socket) => void;

/** What a client without a secret does to a helper. */
export type Attack = {
  readonly connections: number;
  readonly begin: Attacker;
  /** Reconnects when the helper closes the connection. */
  readonly again?: boolean;
};

const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: h\r\n${more}\r\n`;

/** Sends everything in one write and reads nothing. */
const sendAndStopReading =
  (bytes: string): Attacker =>
  (socket) => {
    socket.pause();
    socket.write(bytes);
  };

const MANY = 1_600;
const LONG_BODY = 256 * 1024;
const HEADER_BYTES = 15 * 1024;

const halfBody = (path: string, length: number, more = ''): string => {
  const head = `POST ${path} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n${more}Content-Length: ${length}\r\n\r\n`;
  return `${head}{"image":"${'x'.repeat(length - 100)}`;
};

const JUNK_SIGNATURE = `X-Hub-Signature-256: sha256=${'0'.repeat(64)}\r\nX-GitHub-Event: package\r\nX-GitHub-Delivery: 1\r\n`;

/** Keeps every connection open until it has sent everything. */
const drip =
  (begun: string): Attacker =>
  (socket) => {
    socket.write(begun);
    const timer = setInterval(() => socket.write('x'), 500);
    socket.once('close', () => clearInterval(timer));
  };

const pipelined = (path: string, more = '', method = 'GET'): Attack => ({
  connections: 6,
  begin: sendAndStopReading(get(path, more).replace(/^GET/, method).repeat(MANY)),
});

export const ATTACKS = {
  'openapi in one write': pipelined('/openapi.json'),
  'HEAD of openapi in one write': pipelined('/openapi.json', '', 'HEAD'),
  'index page in one write': pipelined('/'),
  'readiness in one write': pipelined('/readyz'),
  'docs in one write': pipelined('/docs/static/swagger-ui-bundle.js'),
  'description of the docs page in one write': pipelined('/docs/json'),
  'compressed openapi in one write': pipelined('/openapi.json', 'Accept-Encoding: br, gzip\r\n'),
  'unknown addresses in one write': pipelined('/nothing'),
  'metrics in one write': pipelined('/metrics'),
  'events in one write': pipelined('/api/v1/events'),
  'openapi in one write, again and again': {
    ...pipelined('/openapi.json'),
    connections: 24,
    again: true,
  },
  'big headers in one write': {
    connections: 64,
    begin: sendAndStopReading(
      get('/healthz', `X-Big: ${'x'.repeat(HEADER_BYTES)}\r\n`).repeat(200),
    ),
  },
  'half bodies with a junk signature': {
    connections: 600,
    begin: sendAndStopReading(halfBody('/hooks', LONG_BODY, JUNK_SIGNATURE)),
    again: true,
  },
  'short half bodies with a junk signature': {
    connections: 600,
    begin: sendAndStopReading(halfBody('/hooks', 32 * 1024, JUNK_SIGNATURE)),
    again: true,
  },
  'half bodies in chunks': {
    connections: 600,
    begin: sendAndStopReading(
      halfBody('/hooks', LONG_BODY, JUNK_SIGNATURE).replace(
        /Content-Length: \d+\r\n\r\n/,
        'Transfer-Encoding: chunked\r\n\r\n40000\r\n',
      ),
    ),
    again: true,
  },
  'half bodies of a sign-in': {
    connections: 600,
    begin: sendAndStopReading(halfBody('/api/v1/session', 64 * 1024, 'X-CD-Helper: dashboard\r\n')),
    again: true,
  },
  'half bodies for nobody': {
    connections: 600,
    begin: sendAndStopReading(halfBody('/nothing', 64 * 1024)),
    again: true,
  },
  'half headers on many connections': {
    connections: 5_000,
    begin: drip(`GET /healthz HTTP/1.1\r\nHost: h\r\nX-Big: ${'x'.repeat(HEADER_BYTES)}`),
    again: true,
  },
  'many silent connections': { connections: 5_000, begin: () => {}, again: true },
  'slow readers of the docs': {
    connections: 900,
    begin: sendAndStopReading(get('/docs/static/swagger-ui-bundle.js')),
    again: true,
  },
} as const satisfies Readonly<Record<string, Attack>>;

export type AttackName = keyof typeof ATTACKS;

/** Attacks until the process ends. Calls `told` when every connection was tried once. */
export const attack = (name: AttackName, port: number, told: () => void): void => {
  const { connections, begin, again = false }: Attack = ATTACKS[name];
  let tried = 0;
  const open = (): void => {
    const socket = connect(port, '127.0.0.1');
    let isTried = false;
    const count = (): void => {
      if (isTried) return;
      isTried = true;
      tried += 1;
      if (tried === connections) told();
    };
    socket.on('error', () => {});
    socket.once('connect', () => {
      begin(socket);
      // The written bytes have left when the next turn of the event loop begins.
      setImmediate(count);
    });
    socket.once('close', () => {
      count();
      if (again) setTimeout(open, 5);
    });
    // If the helper closes a connection that is not being read, only a reader notices.
    if (again) setTimeout(() => socket.resume(), 1_000);
  };
  for (let index = 0; index < connections; index += 1) open();
};
