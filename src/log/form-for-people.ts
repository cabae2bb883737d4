import { prettyFactory } from 'pino-pretty';

/** Turns a line of the log, which is JSON, into one for people at a terminal. */
export const formForPeople = (colour: boolean): ((line: string) => string) =>
  prettyFactory({
    colorize: colour,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname',
    errorLikeObjectKeys: [],
  });
