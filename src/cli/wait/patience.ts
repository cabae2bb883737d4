import { type Context, pollMsOf } from '../client/context.ts';
import { CliFailure } from '../terminal/exit-status.ts';
import { pause } from './pause.ts';

/** Some minutes at the usual pace: a helper that updates itself is unreachable for less. */
const MOST_TRIES = 300;

export type Patience = <T>(read: () => Promise<T>) => Promise<T>;

/**
 * Retries a read if that may help, so that following survives a restart of the helper. Prints a note once per outage.
 */
export const createPatience =
  (context: Context): Patience =>
  async (read) => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await read();
      } catch (error) {
        const isWorthIt = error instanceof CliFailure && error.mayPass && tries < MOST_TRIES;
        if (!isWorthIt) throw error;
        if (tries === 1) context.note(`${error.message}; trying again`);
        await pause(pollMsOf(context.deps), context.deps.signal);
      }
    }
  };
