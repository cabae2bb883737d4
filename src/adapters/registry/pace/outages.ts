import { createBoundedCache } from '../wire/bounded-cache.ts';
import { RegistryError } from '../wire/registry-error.ts';

/** After this many failures in a row without any answer, waiting callers get the failure too. */
const FAILURES_THAT_TELL = 3;
const MOST_HOSTS = 512;

/**
 * Hosts that fail repeatedly while others wait for them. Callers who ask after the last failure are not affected:
 * only those who were already waiting are spared the same wait.
 */
export type Outages = {
  /** Returns a number that orders callers. Pass it to {@link Outages.tell}. */
  readonly begin: () => number;
  /** The error that a caller who has waited since `begun` for `about` would only get later; null if there is none. */
  readonly tell: (host: string, begun: number, about: string | null) => RegistryError | null;
  /** Records how a request to `host` ended. An error that is an answer ends an outage. */
  readonly note: (host: string, about: string | null, error: unknown) => void;
};

type Outage = {
  failures: number;
  /** What was asked for: silence about one repository says nothing about the others. */
  readonly about: Set<string | null>;
  last: { readonly at: number; readonly error: RegistryError };
};

export const createOutages = (): Outages => {
  const outages = createBoundedCache<Outage>({ entries: MOST_HOSTS });
  let clock = 0;
  const next = (): number => {
    clock += 1;
    return clock;
  };
  return {
    begin: next,
    tell: (host, begun, about) => {
      const outage = outages.get(host);
      if (outage === undefined || outage.failures < FAILURES_THAT_TELL) return null;
      const concernsAll = outage.about.size > 1 || outage.last.error.noConnection;
      if (begun >= outage.last.at || !(concernsAll || outage.about.has(about))) return null;
      return outage.last.error;
    },
    note: (host, about, error) => {
      if (!(error instanceof RegistryError) || !error.noAnswer) {
        outages.delete(host);
        return;
      }
      const last = { at: next(), error };
      const outage = outages.get(host) ?? { failures: 0, about: new Set(), last };
      outage.failures += 1;
      if (outage.about.size < FAILURES_THAT_TELL) outage.about.add(about);
      outage.last = last;
      outages.set(host, outage);
    },
  };
};
