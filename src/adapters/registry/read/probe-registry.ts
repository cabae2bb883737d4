import type { LookupFailure } from '../../../core/image/published.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import { orFailure } from '../wire/or-failure.ts';
import { RegistryError } from '../wire/registry-error.ts';
import type { Endpoint } from '../wire/registry-host.ts';
import type { Ask } from './ask.ts';

/** Requests that one lookup may need in a row: refused, signed in, answered. */
export const REQUESTS_OF_A_LOOKUP = 3;

export type Probed =
  | {
      readonly ok: true;
      /** Whose credentials the registry accepted, for a person; null if it wanted none or none are configured. */
      readonly signedInAs: string | null;
      /** The connection uses no TLS. */
      readonly isPlain: boolean;
    }
  | { readonly ok: false; readonly reason: LookupFailure; readonly detail: string };

type ProbeParts = {
  readonly ask: Ask;
  readonly signIn: Pick<SignIn, 'sourceOf'>;
  readonly endpointOf: (host: string) => Endpoint;
  /** Time limit of the probe, in ms. Default: three times the host's limit for one request. */
  readonly lookupMs: number | undefined;
};

/** Whether a registry, or a path of it, is reachable and accepts the sign-in: `ghcr.io`, `ghcr.io/acme`. */
export const probeRegistry = async (
  { ask, signIn, endpointOf, lookupMs }: ProbeParts,
  place: string,
  signal: AbortSignal,
): Promise<Probed> => {
  const [host = '', ...path] = place.split('/');
  const endpoint = endpointOf(host);
  const onBehalfOf = path.length === 0 ? null : path.join('/');
  const question = {
    method: 'GET',
    path: '/v2/',
    repository: null,
    headers: {},
    maxBytes: 64 * 1024,
    ...(onBehalfOf === null ? {} : { onBehalfOf }),
  } as const;
  const probed = await orFailure(signal, async () => {
    const { status, url, isSignedIn } = await ask(endpoint, question, signal, {
      lookupMs: lookupMs ?? REQUESTS_OF_A_LOOKUP * endpoint.attemptMs,
    });
    if (status !== 200) {
      const detail = `${endpoint.name} does not answer like a registry (${status})`;
      throw new RegistryError('malformed', detail);
    }
    const source = signIn.sourceOf({ endpoint, repository: onBehalfOf });
    const isPlain = url.protocol === 'http:';
    return { ok: true, signedInAs: isSignedIn ? source : null, isPlain } as const;
  });
  return 'ok' in probed ? probed : { ok: false, reason: probed.reason, detail: probed.detail };
};
