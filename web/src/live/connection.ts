import { signal } from '@preact/signals';
import { type Happening, HAPPENINGS, parseHappening } from './happening.ts';
import { retryPause } from './retry-pause.ts';

export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** What is shown is what was known at `since`, ms since the epoch. */
  | { readonly kind: 'away'; readonly since: number };

export const connection = signal<Connection>({ kind: 'connecting' });

type Listener = (happening: Happening) => void;
const listeners = new Set<Listener>();

/** Hears everything that happens from now on; returns how to stop. */
export const hear = (listener: Listener): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** A browser has only six connections to a helper without TLS: a tab that nobody sees gives its own back. */
const HIDDEN_KEEPS_MS = 60_000;

/** Longest that a first read waits for events to be heard, so that nothing falls between the two. */
const HEAR_WITHIN_MS = 500;

/** Resolves when events arrive, or when none are available. */
export const hearing = (): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, HEAR_WITHIN_MS);
    const stop = connection.subscribe(({ kind }) => {
      if (kind === 'connecting') return;
      clearTimeout(timer);
      resolve();
      queueMicrotask(() => stop());
    });
  });

const toAll = (happening: Happening): void => {
  for (const listener of listeners) listener(happening);
};

/**
 * Keeps this page connected to the events of the helper until the returned function is called. `onDoubt`
 * is told each time that no connection could be had, for the session may be what has ended, and when there
 * is one again, for the helper may be another one since.
 */
export const stayConnected = (onDoubt: () => void): (() => void) => {
  let source: EventSource | null = null;
  let lastId = '';
  let attempts = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let hiding: ReturnType<typeof setTimeout> | undefined;

  const drop = (): void => {
    clearTimeout(retry);
    source?.close();
    source = null;
  };

  const away = (): void => {
    if (connection.value.kind !== 'away') connection.value = { kind: 'away', since: Date.now() };
  };

  const open = (): void => {
    drop();
    const url = new URL('api/v1/events', document.baseURI);
    // The browser sends it by itself only as long as it repairs the connection by itself.
    if (lastId !== '') url.searchParams.set('lastEventId', lastId);
    const opened = new EventSource(url);
    source = opened;
    opened.addEventListener('open', () => {
      attempts = 0;
      const wasAway = connection.value.kind === 'away';
      connection.value = { kind: 'live' };
      // What was asked meanwhile has failed.
      if (wasAway) {
        onDoubt();
        toAll({ type: 'reset' });
      }
    });
    opened.addEventListener('error', () => {
      away();
      // Where an answer was no stream, such as that of a proxy whose helper restarts, it gives up.
      if (opened.readyState !== EventSource.CLOSED) return;
      attempts += 1;
      onDoubt();
      clearTimeout(retry);
      retry = setTimeout(open, retryPause(attempts, Math.random()));
    });
    for (const type of HAPPENINGS) {
      opened.addEventListener(type, ({ data, lastEventId }) => {
        const isFirst = lastId === '';
        if (lastEventId !== '') lastId = lastEventId;
        // A new connection begins with a reset; what is read is read after it was opened.
        if (isFirst && type === 'reset') return;
        toAll(parseHappening(type, String(data)));
      });
    }
  };

  const onVisible = (): void => {
    clearTimeout(hiding);
    if (document.hidden) hiding = setTimeout(drop, HIDDEN_KEEPS_MS);
    else if (source === null) open();
  };
  const onOnline = (): void => open();

  document.addEventListener('visibilitychange', onVisible);
  addEventListener('online', onOnline);
  addEventListener('offline', away);
  open();
  return () => {
    drop();
    clearTimeout(hiding);
    document.removeEventListener('visibilitychange', onVisible);
    removeEventListener('online', onOnline);
    removeEventListener('offline', away);
    connection.value = { kind: 'connecting' };
  };
};
