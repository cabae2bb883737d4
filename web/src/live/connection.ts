import { signal } from '@preact/signals';
import { type Happening, HAPPENINGS, parseHappening } from './happening.ts';
import { retryPause } from './retry-pause.ts';

export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** The page shows what was known at `since`, in ms since the epoch. */
  | { readonly kind: 'away'; readonly since: number };

export const connection = signal<Connection>({ kind: 'connecting' });

type Listener = (happening: Happening) => void;
const listeners = new Set<Listener>();

/** Calls the listener for everything that happens from now on. Returns a function that stops it. */
export const hear = (listener: Listener): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Without TLS a browser has only six connections to a helper, so a hidden tab gives its own back. */
const HIDDEN_KEEPS_MS = 60_000;

/** The longest that a first read waits for events, so that nothing is lost between the two. */
const HEAR_WITHIN_MS = 500;

/** Resolves when events arrive, or when it is clear that none will. */
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
 * Keeps this page connected to the helper's events until the returned function is called. `onDoubt` is called each
 * time a connection fails, because the session may have ended, and when the connection is back, because the helper
 * may have been updated.
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
    // The browser sends it automatically only while it reconnects on its own.
    if (lastId !== '') url.searchParams.set('lastEventId', lastId);
    const opened = new EventSource(url);
    source = opened;
    opened.addEventListener('open', () => {
      attempts = 0;
      const wasAway = connection.value.kind === 'away';
      connection.value = { kind: 'live' };
      // Requests made meanwhile have failed.
      if (wasAway) {
        onDoubt();
        toAll({ type: 'reset' });
      }
    });
    opened.addEventListener('error', () => {
      away();
      // EventSource gives up if the answer was not a stream, for example from a proxy while the helper restarts.
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
        // A new connection begins with a reset. Everything is read after it was opened, so ignore the first.
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
