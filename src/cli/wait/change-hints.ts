import type { ApiClient } from '../client/api-client.ts';
import { type Context, pollMsOf } from '../client/context.ts';
import { createEventFrames } from '../client/event-frames.ts';
import { CliFailure } from '../terminal/exit-status.ts';
import { pause } from './pause.ts';

/** If the helper streams no events, poll this often before trying the stream again. */
const POLLS_BETWEEN_TRIES = 60;

/** This event means that anything read so far may be out of date. */
const RESET = 'reset';

/**
 * Yields when something of these types may have changed, and once at the beginning: by the helper's events, or at an
 * interval if it streams none. Ends only when the signal is aborted, with its reason.
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
        // One read answers all events that arrived together.
        if (events.some(({ type }) => type === RESET || types.includes(type))) yield;
      }
    } catch {
      // A broken stream is opened again from the last event.
      signal.throwIfAborted();
    }
    await wait();
    yield;
  }
}

/** Null if there are no events. Throws errors that a person must fix. */
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
