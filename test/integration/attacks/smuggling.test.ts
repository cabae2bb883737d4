import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/http/ports/limits.ts';
import { createServer } from '../../../src/http/server.ts';
import { createMemoryPorts, HOOK_SECRET } from '../../support/work/memory-ports.ts';

const ports = createMemoryPorts();
const server = await createServer(ports.deps, { ...LIMITS, failureDelay: 0 });
await server.listen({ host: '127.0.0.1', port: 0 });
const { port } = server.server.address() as AddressInfo;
afterAll(() => server.close());
beforeEach(() => {
  ports.accepted.length = 0;
});

/** What a proxy that reads the first request otherwise than we do would take for its body. */
const HIDDEN_BODY = '{"image":"evil/app:v1"}';
const HIDDEN = `POST /hooks/${HOOK_SECRET} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: ${HIDDEN_BODY.length}\r\n\r\n${HIDDEN_BODY}`;

/** Sends bytes and gives the statuses of all that is answered until the connection ends or nothing more comes. */
const send = (bytes: string): Promise<readonly number[]> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const end = (): void => {
      socket.destroy();
      resolve([...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status)));
    };
    socket.setTimeout(1_500, end);
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('error', end);
    socket.on('close', end);
    socket.write(bytes, 'latin1');
  });

const request = (
  headers: readonly string[],
  body: string,
  line = 'POST /healthz HTTP/1.1',
): string => `${[line, 'Host: h', ...headers].join('\r\n')}\r\n\r\n${body}`;
const LENGTH = String(HIDDEN.length);

describe('a request whose length can be read in two ways', () => {
  it.each<[string, string]>([
    [
      'a length and chunks',
      request([`Content-Length: ${LENGTH}`, 'Transfer-Encoding: chunked'], `0\r\n\r\n${HIDDEN}`),
    ],
    [
      'chunks and a length',
      request(['Transfer-Encoding: chunked', `Content-Length: ${LENGTH}`], `0\r\n\r\n${HIDDEN}`),
    ],
    ['two lengths', request(['Content-Length: 0', `Content-Length: ${LENGTH}`], HIDDEN)],
    ['two lengths in one line', request([`Content-Length: 0, ${LENGTH}`], HIDDEN)],
    ['a length with a sign', request([`Content-Length: +${LENGTH}`], HIDDEN)],
    ['a negative length', request(['Content-Length: -1'], HIDDEN)],
    ['a hexadecimal length', request(['Content-Length: 0x10'], HIDDEN)],
    ['a length with a space in it', request(['Content-Length: 1 0'], HIDDEN)],
    ['a length beyond all numbers', request(['Content-Length: 99999999999999999999'], HIDDEN)],
    ['a space before the colon', request([`Content-Length : ${LENGTH}`], HIDDEN)],
    ['a tab before the colon', request(['Transfer-Encoding\t: chunked'], `0\r\n\r\n${HIDDEN}`)],
    ['a folded header', request(['X: y', ' Transfer-Encoding: chunked'], `0\r\n\r\n${HIDDEN}`)],
    ['a header without a colon', request(['Transfer-Encoding chunked'], HIDDEN)],
    [
      'a header with a zero byte',
      request(['X: a\0b', 'Transfer-Encoding: chunked'], `0\r\n\r\n${HIDDEN}`),
    ],
    [
      'an encoding that is not the last',
      request(['Transfer-Encoding: chunked, identity'], `0\r\n\r\n${HIDDEN}`),
    ],
    ['an unknown encoding', request(['Transfer-Encoding: xchunked'], `0\r\n\r\n${HIDDEN}`)],
    ['an encoding twice', request(['Transfer-Encoding: chunked, chunked'], `0\r\n\r\n${HIDDEN}`)],
    [
      'a vertical tab in the encoding',
      request(['Transfer-Encoding: \x0bchunked'], `0\r\n\r\n${HIDDEN}`),
    ],
    ['an encoding in quotes', request(['Transfer-Encoding: "chunked"'], `0\r\n\r\n${HIDDEN}`)],
    ['a chunk size with a sign', request(['Transfer-Encoding: chunked'], `+0\r\n\r\n${HIDDEN}`)],
    ['a chunk size with 0x', request(['Transfer-Encoding: chunked'], `0x0\r\n\r\n${HIDDEN}`)],
    [
      'a chunk size beyond all numbers',
      request(['Transfer-Encoding: chunked'], `ffffffffffffffffff\r\n${HIDDEN}`),
    ],
    [
      'a chunk that ends in a line feed alone',
      request(['Transfer-Encoding: chunked'], `1\nx\n0\n\n${HIDDEN}`),
    ],
    [
      'a chunk longer than it says',
      request(['Transfer-Encoding: chunked'], `1\r\nxx\r\n0\r\n\r\n${HIDDEN}`),
    ],
    [
      'lines that end in a carriage return alone',
      `POST /healthz HTTP/1.1\rHost: h\rContent-Length: 0\r\r${HIDDEN}`,
    ],
    [
      'two hosts',
      `GET /healthz HTTP/1.1\r\nHost: h\r\nHost: i\r\nTransfer-Encoding: x\r\n\r\n${HIDDEN}`,
    ],
    [
      'an older version with chunks',
      request(['Transfer-Encoding: xchunked'], `0\r\n\r\n${HIDDEN}`, 'POST /healthz HTTP/1.0'),
    ],
    ['a version that is none', request([], HIDDEN, 'POST /healthz HTTP/1.9x')],
    ['no version', `POST /healthz\r\n\r\n${HIDDEN}`],
    ['a target with a space', request(['Content-Length: 0'], HIDDEN, 'GET /healthz x HTTP/1.1')],
  ])('%s ends the connection, and nothing after it is taken', async (_what, bytes) => {
    const statuses = await send(bytes);
    expect(statuses.length).toBeLessThanOrEqual(2);
    expect(statuses.every((status) => status >= 200 && status < 500)).toBe(true);
    expect(ports.accepted).toEqual([]);
  });

  it('is not what good requests one after the other are: both are answered', async () => {
    expect(
      await send(`${request(['Content-Length: 0'], '', 'GET /healthz HTTP/1.1')}${HIDDEN}`),
    ).toEqual([200, 202]);
    expect(ports.accepted).toHaveLength(1);
  });
});

describe('what stands in a length that is honoured', () => {
  it.each<[string, string]>([
    [
      'of a body',
      request(
        [`Content-Length: ${LENGTH}`, 'Content-Type: application/json'],
        HIDDEN,
        'POST /hooks/wrong HTTP/1.1',
      ),
    ],
    ['of a GET', request([`Content-Length: ${LENGTH}`], HIDDEN, 'GET /healthz HTTP/1.1')],
    [
      'of chunks',
      request(
        ['Transfer-Encoding: chunked'],
        `${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`,
        'GET /healthz HTTP/1.1',
      ),
    ],
    [
      'of an upgrade',
      request(
        [
          'Connection: Upgrade',
          'Upgrade: h2c',
          'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA',
          `Content-Length: ${LENGTH}`,
        ],
        HIDDEN,
        'GET /healthz HTTP/1.1',
      ),
    ],
    [
      'of an expectation',
      request(
        ['Expect: 100-continue', `Content-Length: ${LENGTH}`],
        HIDDEN,
        'POST /nothing HTTP/1.1',
      ),
    ],
  ])('%s is no request of its own', async (_what, bytes) => {
    await send(bytes);
    expect(ports.accepted).toEqual([]);
  });
});
