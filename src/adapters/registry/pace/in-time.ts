import { type Deadline, TimeUp, withinLimit } from '../../exchange/deadline.ts';
import { RegistryError } from '../wire/registry-error.ts';

/**
 * Runs a part of the sign-in at `host` within the lookup's deadline, or throws an error that says that it took too
 * long.
 */
export const inTime = async <T>(
  host: string,
  deadline: Deadline,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  try {
    return await withinLimit(deadline.caller, deadline.remainingMs(), work);
  } catch (error) {
    if (!(error instanceof TimeUp)) throw error;
    throw new RegistryError('unreachable', `signing in at ${host} took too long`, { cause: error });
  }
};
