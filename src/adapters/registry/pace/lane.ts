import { createBoundedCache } from '../wire/bounded-cache.ts';
import type { Outages } from './outages.ts';
import { createPlaces } from './places.ts';

const MOST_LANES = 256;

/** Access to one registry: a limited number of requests at a time, and none while it asked for a pause. */
export type Lane = {
  /**
   * Runs `work` when its turn comes. `begun` is when it was requested, in the order of {@link Outages}. Throws the
   * caller's reason if it is aborted first.
   */
  readonly run: <T>(
    caller: AbortSignal,
    about: string | null,
    work: (begun: number) => Promise<T>,
  ) => Promise<T>;
  /** How long the registry still wants no requests of that method, in ms. */
  readonly restMs: (method: string) => number;
  /** A 429 to a HEAD, which is free, applies to all requests; a 429 to a GET applies to GETs. */
  readonly restFor: (method: string, ms: number) => void;
};

const createLane = (
  host: string,
  concurrency: number,
  { outages, now }: { outages: Outages; now: () => number },
): Lane => {
  const places = createPlaces(concurrency);
  const restUntil = { HEAD: 0, GET: 0 };

  const note = async <T>(
    caller: AbortSignal,
    about: string | null,
    work: () => Promise<T>,
  ): Promise<T> => {
    try {
      const result = await work();
      outages.note(host, about, null);
      return result;
    } catch (error) {
      // A caller that gave up has learned nothing about the registry.
      if (!caller.aborted) outages.note(host, about, error);
      throw error;
    }
  };

  return {
    run: async (caller, about, work) => {
      caller.throwIfAborted();
      const begun = outages.begin();
      await places.take(caller);
      try {
        const told = outages.tell(host, begun, about);
        if (told !== null) throw told;
        return await note(caller, about, () => work(begun));
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

/** One lane per host, created on first use. */
export const createLanes = (parts: {
  outages: Outages;
  now: () => number;
}): ((host: string, concurrency: number) => Lane) => {
  const lanes = createBoundedCache<Lane>({ entries: MOST_LANES });
  return (host, concurrency) => {
    const present = lanes.get(host);
    if (present !== undefined) return present;
    const made = createLane(host, concurrency, parts);
    lanes.set(host, made);
    return made;
  };
};
