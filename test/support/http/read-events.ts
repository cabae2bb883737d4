import { waitUntil } from '../../../sandbox/machine/wait-until.ts';

export type ReadEvent = { readonly id: string; readonly type: string; readonly data: unknown };

/** A client for server-sent events that keeps what it receives. */
export type EventReader = {
  readonly status: number;
  readonly headers: Headers;
  readonly events: readonly ReadEvent[];
  /** Everything received, unchanged. */
  readonly text: () => string;
  /** Waits until the received events pass the check. */
  readonly until: (what: string, check: (events: readonly ReadEvent[]) => boolean) => Promise<void>;
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>;
  readonly close: () => void;
};

const WITHIN_MS = 20_000;

const readFrame = (frame: string): ReadEvent | null => {
  const fields = Object.fromEntries(
    frame.split('\n').map((line) => {
      const [name = '', ...rest] = line.split(': ');
      return [name, rest.join(': ')];
    }),
  );
  const { id, event, data } = fields;
  if (id === undefined || event === undefined || data === undefined) return null;
  return { id, type: event, data: JSON.parse(data) as unknown };
};

export const openEventReader = async (
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<EventReader> => {
  const left = new AbortController();
  const answer = await fetch(url, { headers, signal: left.signal });
  const events: ReadEvent[] = [];
  let text = '';
  let rest = '';
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of answer.body ?? []) {
      const part = decoder.decode(chunk, { stream: true });
      text += part;
      const frames = (rest + part).split('\n\n');
      rest = frames.pop() ?? '';
      events.push(...frames.map(readFrame).filter((event) => event !== null));
    }
  };
  const ended = read().catch(() => {});
  return {
    status: answer.status,
    headers: answer.headers,
    events,
    text: () => text,
    until: async (what, check) => {
      await waitUntil(async () => check(events) || null, {
        what,
        withinMs: WITHIN_MS,
        everyMs: 10,
      });
    },
    ended,
    close: () => left.abort(),
  };
};
