/** What a log line is about; values are data and never part of the message. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Where the story of what happens is told. An error belongs under the field `error`. No secret may be
 * given to it; what is known to be one is taken out all the same.
 */
export type Log = {
  readonly debug: (message: string, fields?: LogFields) => void;
  readonly info: (message: string, fields?: LogFields) => void;
  readonly warn: (message: string, fields?: LogFields) => void;
  readonly error: (message: string, fields?: LogFields) => void;
  /** A log whose every line has `fields` too. */
  readonly child: (fields: LogFields) => Log;
};

const nothing = (): void => {};

/** Tells nobody; for tests and for callers that do not care. */
export const silentLog: Log = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLog,
};
