import { createBoundedCache } from '../wire/bounded-cache.ts';
import { startDeadline } from '../../exchange/deadline.ts';
import { follow } from './follow.ts';
import { readWanted, type Wanted } from './learnt.ts';
import { RegistryError } from '../wire/registry-error.ts';
import { SELF } from './self.ts';
import { createSharedWork } from '../wire/shared-work.ts';
import type { Asking } from './sign-in.ts';
import type { Transport } from '../wire/transport.ts';

/**
 * What a registry requires of every client, by its answer to `/v2/`; null if it lets everybody in there, or does not
 * say. Some registries (Nexus) answer a hidden repository with a plain 404 or 403, and name their sign-in only at
 * `/v2/`, where the engine asks first.
 */
export type GeneralWant = (asking: Asking) => Promise<Wanted | null>;

const MOST_HOSTS = 256;
const KNOWN_FOR_MS = 10 * 60_000;

export const createGeneralWant = (parts: {
  transport: Transport;
  closed: AbortSignal;
  now: () => number;
}): GeneralWant => {
  const { transport, closed, now } = parts;
  const known = createBoundedCache<{ readonly want: Wanted | null; readonly at: number }>({
    entries: MOST_HOSTS,
  });
  const share = createSharedWork<Wanted | null>();

  const ask = async (asking: Asking): Promise<Wanted | null> => {
    const { endpoint } = asking;
    // Several callers may wait for this, so none of them can abort it.
    const deadline = startDeadline(closed, endpoint.attemptMs);
    const { status, url, header } = await follow(transport, { ...asking, deadline }, SELF, null);
    if (status >= 500 || status === 429) return null;
    const isOwn = status === 401 && url.host === endpoint.authority;
    const want = isOwn ? readWanted(header('www-authenticate')) : null;
    known.set(endpoint.name, { want, at: now() });
    return want;
  };

  return async (asking) => {
    const { name } = asking.endpoint;
    const last = known.get(name);
    if (last !== undefined && now() - last.at < KNOWN_FOR_MS) return last.want;
    try {
      return await share(name, () => ask(asking), asking.deadline.caller);
    } catch (error) {
      asking.deadline.caller.throwIfAborted();
      if (error instanceof RegistryError) return null;
      throw error;
    }
  };
};
