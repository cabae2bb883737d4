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
 * What a registry wants of everybody, by its answer to `/v2/`; null where it lets everybody in there, or does
 * not say. Some (Nexus) answer what one may not see with a plain 404 or 403, and say only there how to sign
 * in; the engine asks there first.
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
    // Several may wait for it, so none of them can end it.
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
