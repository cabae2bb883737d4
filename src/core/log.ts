/** The data of a log line. Values are never part of the message. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes the log. An error belongs in the field `error`. Never pass a secret; known secrets are removed anyway. */
export type Log = {
  readonly debug: (message: string, fields?: LogFields) => void;
  readonly info: (message: string, fields?: LogFields) => void;
  readonly warn: (message: string, fields?: LogFields) => void;
  readonly error: (message: string, fields?: LogFields) => void;
  /** A log that adds `fields` to every line. */
  readonly child: (fields: LogFields) => Log;
};

const nothing = (): void => {};

/** Discards everything; for tests and for callers that need no log. */
export const silentLog: Log = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLog,
};
