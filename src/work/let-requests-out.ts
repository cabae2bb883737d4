import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Lets the requests that were just begun go out before something keeps the processor busy. Over a
 * connection that has been idle, undici sends no sooner than at the end of a turn of the event loop, when it
 * has seen that the connection still stands; and what stands in some promises is begun only after our own
 * turn has been asked for.
 */
export const letRequestsOut = async (): Promise<void> => {
  await nextTurn();
  await nextTurn();
};
