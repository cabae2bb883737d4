import { hash } from 'node:crypto';
import { createBoundedCache } from '../wire/bounded-cache.ts';
import { type Deadline, unlessAborted } from '../../exchange/deadline.ts';
import { inTime } from './in-time.ts';

/** `unknown`: the answer says nothing about the credentials, as from a server in trouble. */
export type Trial<T> = {
  readonly answer: T;
  readonly credentials: 'accepted' | 'refused' | 'unknown';
};

/**
 * Sends credentials to a host. Until it is known whether they are good there, one caller sends them and the others
 * wait for the result. Refused credentials are not sent again for a minute; all callers get the same answer
 * meanwhile. The reason: many hosts lock an account after a few wrong passwords, and a run asks about many images at
 * a time.
 */
export type Trials<T> = (
  host: string,
  /** Anything that distinguishes these credentials from others. Only its hash is kept. */
  secret: string,
  deadline: Deadline,
  attempt: () => Promise<Trial<T>>,
) => Promise<Trial<T>>;

type Known<T> = {
  acceptedAt: number;
  refused: { readonly at: number; readonly trial: Trial<T> } | null;
  underWay: Promise<void> | null;
};

const REMEMBERED_MS = 60_000;
const MOST_CREDENTIALS = 256;

export const createTrials = <T>(now: () => number): Trials<T> => {
  const all = createBoundedCache<Known<T>>({ entries: MOST_CREDENTIALS });

  const knownOf = (key: string): Known<T> => {
    const known = all.get(key) ?? {
      acceptedAt: Number.NEGATIVE_INFINITY,
      refused: null,
      underWay: null,
    };
    all.set(key, known);
    return known;
  };

  const attemptAndNote = async (
    known: Known<T>,
    attempt: () => Promise<Trial<T>>,
  ): Promise<Trial<T>> => {
    const trial = await attempt();
    if (trial.credentials === 'accepted') known.acceptedAt = now();
    if (trial.credentials === 'refused') known.refused = { at: now(), trial };
    return trial;
  };

  return async (host, secret, deadline, attempt) => {
    const known = knownOf(`${host} ${hash('sha256', secret)}`);
    for (;;) {
      if (known.refused !== null && now() - known.refused.at < REMEMBERED_MS) {
        return known.refused.trial;
      }
      if (now() - known.acceptedAt < REMEMBERED_MS) return attemptAndNote(known, attempt);
      if (known.underWay === null) break;
      const { underWay } = known;
      await inTime(host, deadline, (signal) => unlessAborted(underWay, signal));
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    known.underWay = promise;
    try {
      return await attemptAndNote(known, attempt);
    } finally {
      known.underWay = null;
      resolve();
    }
  };
};
