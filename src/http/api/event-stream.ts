import type { ServerResponse } from 'node:http';
import type { FeedEvent } from '../ports/ports.ts';

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Nothing else is asked on a connection that is told events, and its end is the connection's.
  connection: 'close',
  // Tells nginx to pass on what comes as it comes.
  'x-accel-buffering': 'no',
};
/** After this a client whose connection broke comes back. */
const RETRY_MS = 2_000;
/** What is on its way to a client still reaches it when the stream ends; one that does not read is not waited for. */
const LINGER_MS = 500;

/** An answer of server-sent events that is under way. */
export type EventStream = {
  readonly send: (events: readonly FeedEvent[]) => void;
  /** Keeps proxies from taking the connection for dead. */
  readonly beat: () => void;
  readonly end: () => void;
};

/** {@link https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream The format}; JSON has no line ends. */
const printEvent = ({ id, type, data }: FeedEvent): string =>
  `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;

/**
 * Begins the answer. A client that does not read is dropped when more than `mostBuffered` bytes wait for
 * it: it comes back with the id of the last event that it has.
 */
export const openEventStream = (
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
  mostBuffered: number,
): EventStream => {
  response.writeHead(200, { ...headers, ...HEADERS });
  const write = (text: string): void => {
    if (response.writableEnded || response.destroyed) return;
    response.write(text);
    if (response.writableLength > mostBuffered) response.destroy();
  };
  write(`retry: ${RETRY_MS}\n\n`);
  return {
    send: (events) => {
      if (events.length > 0) write(events.map(printEvent).join(''));
    },
    beat: () => write(': \n\n'),
    end: () => {
      response.end();
      setTimeout(() => response.destroy(), LINGER_MS).unref();
    },
  };
};
