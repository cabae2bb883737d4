import { prettyFactory } from 'pino-pretty';

/** Converts a log line from JSON for people at a terminal. */
export const formForPeople = (colour: boolean): ((line: string) => string) =>
  prettyFactory({
    colorize: colour,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname',
    errorLikeObjectKeys: [],
  });
