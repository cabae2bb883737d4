import type { ApiClient } from '../client/api-client.ts';
import { type Context, pollMsOf } from '../client/context.ts';
import { createEventFrames } from '../client/event-frames.ts';
import { CliFailure } from '../terminal/exit-status.ts';
import { pause } from './pause.ts';

/** Where the helper streams no events, it is asked so often before it is tried again. */
const POLLS_BETWEEN_TRIES = 60;

/** Comes whenever whatever was read may be out of date. */
const RESET = 'reset';

/**
 * Yields when something of these types may have changed, and once at the beginning: as the helper's
 * events say, or at an interval where it streams none. Ends only by the signal, with its reason.
 */
export async function* changeHints(
  context: Context,
  api: ApiClient,
  types: readonly string[],
): AsyncGenerator<void, never, undefined> {
  const { signal } = context.deps;
  const wait = () => pause(pollMsOf(context.deps), signal);
  let lastId: string | null = null;
  yield;
  for (;;) {
    const body = await openEvents(api, lastId);
    if (body === null) {
      for (let poll = 0; poll < POLLS_BETWEEN_TRIES; poll += 1) {
        await wait();
        yield;
      }
      continue;
    }
    const frames = createEventFrames();
    const decoder = new TextDecoder();
    try {
      for await (const chunk of body) {
        const events = frames.take(decoder.decode(chunk, { stream: true }));
        lastId = events.findLast(({ id }) => id !== null)?.id ?? lastId;
        // However many came together, one look answers them all.
        if (events.some(({ type }) => type === RESET || types.includes(type))) yield;
      }
    } catch {
      // A stream that broke off is opened anew, from where it was.
      signal.throwIfAborted();
    }
    await wait();
    yield;
  }
}

/** Null if there are no events. Throws what a person must fix. */
const openEvents = async (
  api: ApiClient,
  lastId: string | null,
): Promise<AsyncIterable<Uint8Array> | null> => {
  try {
    return await api.stream('/api/v1/events', lastId === null ? {} : { 'last-event-id': lastId });
  } catch (error) {
    if (error instanceof CliFailure && error.mayPass) return null;
    throw error;
  }
};
