import pino, { type DestinationStream, type Logger } from 'pino';
import type { Log, LogFields } from '../core/log.ts';
import { createLoggable, type Loggable } from './loggable.ts';
import { createScrub } from './scrub.ts';

export type LogOptions = {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** Converts each line, a JSON object, before it is written. */
  readonly form?: ((line: string) => string) | undefined;
  /** Texts that are removed from everything that is written. */
  readonly secrets: readonly string[];
  /** Where lines go. */
  readonly destination: DestinationStream;
};

/** `about` is part of every line. A line's own field of the same name overrides it. */
const overPino = (logger: Logger, loggable: Loggable, about: LogFields): Log => {
  const fieldsOf = (fields: LogFields | undefined, withStack: boolean): object =>
    loggable.value({ ...about, ...fields }, withStack) ?? {};
  return {
    debug: (message, fields) => logger.debug(fieldsOf(fields, false), loggable.text(message)),
    info: (message, fields) => logger.info(fieldsOf(fields, false), loggable.text(message)),
    warn: (message, fields) => logger.warn(fieldsOf(fields, false), loggable.text(message)),
    // Only an unexpected error needs its stack.
    error: (message, fields) => logger.error(fieldsOf(fields, true), loggable.text(message)),
    child: (fields) => overPino(logger, loggable, { ...about, ...fields }),
  };
};

/** The time field of a line, created once for all lines of the same millisecond. */
const createTimestamp = (now: () => number): (() => string) => {
  let time = Number.NaN;
  let text = '';
  return () => {
    const present = now();
    if (present !== time) {
      time = present;
      text = `,"time":"${new Date(present).toISOString()}"`;
    }
    return text;
  };
};

/** The log of a process. */
export const createLog = (options: LogOptions): Log => {
  const { destination, form } = options;
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: createTimestamp(Date.now),
      formatters: { level: (label) => ({ level: label }) },
    },
    form === undefined ? destination : { write: (line) => destination.write(form(line)) },
  );
  return overPino(logger, createLoggable(createScrub(options.secrets)), {});
};

/**
 * The line that says how many were lost, written when lines are accepted again. It has the same form as all others.
 */
export const droppedLine =
  (form: LogOptions['form']) =>
  (lines: number): string => {
    const written: string[] = [];
    const destination = { write: (line: string) => written.push(line) };
    const log = createLog({ level: 'warn', form, secrets: [], destination });
    log.warn('log lines were dropped because nobody read them or the disk was full', { lines });
    return written.join('');
  };
