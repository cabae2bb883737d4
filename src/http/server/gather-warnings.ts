import type { Log, LogFields } from '../../core/log.ts';

const WINDOW_MS = 60_000;
/** Number of lines per event that are written individually within a window. */
const ONE_BY_ONE = 20;

type Window = { written: number; more: number };

/**
 * Limits warnings that clients can cause at any rate. For each event, the first few lines of a minute are written. The
 * rest are counted and written as one line, "N more like it", when the minute is over.
 */
export const gatherWarnings = (log: Log): ((event: string, fields: LogFields) => void) => {
  const windows = new Map<string, Window>();
  return (event, fields) => {
    const open = windows.get(event);
    if (open === undefined) {
      const window = { written: 1, more: 0 };
      windows.set(event, window);
      setTimeout(() => {
        windows.delete(event);
        if (window.more > 0)
          log.warn(`${event}: ${window.more} more like it`, { more: window.more });
      }, WINDOW_MS).unref();
      log.warn(event, fields);
      return;
    }
    if (open.written < ONE_BY_ONE) {
      open.written += 1;
      log.warn(event, fields);
    } else open.more += 1;
  };
};
