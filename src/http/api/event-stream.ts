import type { ServerResponse } from 'node:http';
import type { FeedEvent } from '../ports/ports.ts';

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // A connection with an event stream serves no further requests, and ends with it.
  connection: 'close',
  // Tells nginx to pass data on without buffering.
  'x-accel-buffering': 'no',
};
/** How long a client waits after its connection broke before it reconnects. */
const RETRY_MS = 2_000;
/** Time for data on its way to reach the client when the stream ends. A client that does not read gets no more time. */
const LINGER_MS = 500;

/** An open stream of server-sent events. */
export type EventStream = {
  readonly send: (events: readonly FeedEvent[]) => void;
  /** Keeps proxies from closing an idle connection. */
  readonly beat: () => void;
  readonly end: () => void;
};

/**
 * {@link https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream The format}. JSON
 * contains no line breaks.
 */
const printEvent = ({ id, type, data }: FeedEvent): string =>
  `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;

/**
 * Begins the answer. A client that does not read is dropped when more than `mostBuffered` bytes wait for it. It can
 * reconnect with the id of the last event that it has.
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
