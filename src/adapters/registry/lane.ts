import { createBoundedCache } from './bounded-cache.ts';
import { createPlaces } from './places.ts';
import { RegistryError } from './registry-error.ts';

/** So many look-ups in a row that a registry left without an answer tell those waiting what to expect. */
const FAILURES_THAT_TELL = 3;
const MOST_LANES = 256;

/** The way to one registry: so many at a time, and nobody while it asked to be left alone. */
export type Lane = {
  /** Runs `work` when its turn comes; throws the caller's reason if it is aborted before. */
  readonly run: <T>(caller: AbortSignal, work: () => Promise<T>) => Promise<T>;
  /** How long it still wants to be left alone by requests of that method, in ms. */
  readonly restMs: (method: string) => number;
  /** A 429 to a HEAD, which costs nothing, is meant for everything; one to a GET for GETs. */
  readonly restFor: (method: string, ms: number) => void;
};

const createLane = (concurrency: number, now: () => number): Lane => {
  const places = createPlaces(concurrency);
  let failuresInRow = 0;
  let lastFailure: { at: number; error: RegistryError } | null = null;
  const restUntil = { HEAD: 0, GET: 0 };
  let clock = 0;

  const note = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      const result = await work();
      failuresInRow = 0;
      return result;
    } catch (error) {
      if (error instanceof RegistryError && error.noAnswer) {
        clock += 1;
        failuresInRow += 1;
        lastFailure = { at: clock, error };
      } else {
        failuresInRow = 0;
      }
      throw error;
    }
  };

  return {
    run: async (caller, work) => {
      caller.throwIfAborted();
      clock += 1;
      const joined = clock;
      await places.take(caller);
      try {
        // Who was waiting while it failed again and again would only wait longer for the same.
        if (
          failuresInRow >= FAILURES_THAT_TELL &&
          lastFailure !== null &&
          joined < lastFailure.at
        ) {
          throw lastFailure.error;
        }
        return await note(work);
      } finally {
        places.giveBack();
      }
    },
    restMs: (method) => Math.max(restUntil[method === 'HEAD' ? 'HEAD' : 'GET'] - now(), 0),
    restFor: (method, ms) => {
      const until = now() + ms;
      restUntil.GET = Math.max(restUntil.GET, until);
      if (method === 'HEAD') restUntil.HEAD = Math.max(restUntil.HEAD, until);
    },
  };
};

/** One lane a host, made when first needed. */
export const createLanes = (now: () => number): ((host: string, concurrency: number) => Lane) => {
  const lanes = createBoundedCache<Lane>({ entries: MOST_LANES });
  return (host, concurrency) => {
    const present = lanes.get(host);
    if (present !== undefined) return present;
    const made = createLane(concurrency, now);
    lanes.set(host, made);
    return made;
  };
};
