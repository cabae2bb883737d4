import { createBoundedCache } from '../wire/bounded-cache.ts';
import type { Outages } from './outages.ts';
import { createPlaces } from './places.ts';

const MOST_LANES = 256;

/** The way to one registry: so many at a time, and nobody while it asked to be left alone. */
export type Lane = {
  /**
   * Runs `work` when its turn comes, and tells it when it was asked for, by the order of
   * {@link Outages}; throws the caller's reason if it is aborted before.
   */
  readonly run: <T>(
    caller: AbortSignal,
    about: string | null,
    work: (begun: number) => Promise<T>,
  ) => Promise<T>;
  /** How long it still wants to be left alone by requests of that method, in ms. */
  readonly restMs: (method: string) => number;
  /** A 429 to a HEAD, which costs nothing, is meant for everything; one to a GET for GETs. */
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
      // Somebody who went away has learnt nothing.
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

/** One lane a host, made when first needed. */
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
