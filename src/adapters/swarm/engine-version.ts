import { ClusterError } from '../../core/cluster.ts';
import type { EngineAnswer, EngineCall } from './engine-connection.ts';

/** Newest version that this adapter was written for; newer engines still speak it. */
const NEWEST = '1.47';
/** Docker Engine 19.03; older ones know no jobs and no `ServiceStatus`, and nobody maintains them. */
const OLDEST = '1.40';
const PING_DEADLINE_MS = 5_000;
const PING_MAX_BYTES = 64 * 1024;

/** Negative where `one` is older than `other`. */
export const compareVersions = (one: string, other: string): number => {
  const [major = 0, minor = 0] = one.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number);
  return major - otherMajor || minor - otherMinor;
};

/** Whether the engine refused the version under which it was asked. */
export const isClientVersionProblem = (error: ClusterError): boolean =>
  error.code === 'refused' && error.message.includes('client version');

/** Gives what `promise` gives, or throws the signal's reason as soon as it is aborted. */
export const unlessAborted = async <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> => {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
};

/**
 * Agrees with the engine on the lower of its version and ours, once for all calls until it is
 * forgotten: `GET /_ping` tells the engine's version in `Api-Version`.
 */
export const createVersionNegotiation = (
  cluster: string,
  address: string,
  send: (call: EngineCall, signal: AbortSignal) => Promise<EngineAnswer>,
) => {
  let agreed: Promise<string> | null = null;

  const negotiate = async (): Promise<string> => {
    const call: EngineCall = {
      method: 'GET',
      path: '/_ping',
      deadlineMs: PING_DEADLINE_MS,
      maxBytes: PING_MAX_BYTES,
    };
    // Shared by all who wait, so that it belongs to none of their signals; its deadline ends it.
    const answer = await send(call, AbortSignal.timeout(PING_DEADLINE_MS + 1_000));
    const offered = answer.headers['api-version'];
    if (typeof offered !== 'string' || !/^\d+\.\d+$/.test(offered)) {
      const detail = `what answers at ${address} is no Docker Engine (GET /_ping has no Api-Version header): correct the cluster's url`;
      throw new ClusterError(cluster, 'malformed-answer', detail, { retryable: false });
    }
    if (compareVersions(offered, OLDEST) < 0) {
      const detail = `the engine at ${address} speaks API ${offered}, and the helper needs ${OLDEST} or newer (Docker 19.03): update the engine`;
      throw new ClusterError(cluster, 'refused', detail, { retryable: false });
    }
    return compareVersions(offered, NEWEST) < 0 ? offered : NEWEST;
  };

  return {
    agreed: (): Promise<string> => {
      if (agreed !== null) return agreed;
      const negotiation = negotiate();
      agreed = negotiation;
      negotiation.catch(() => {
        if (agreed === negotiation) agreed = null;
      });
      return negotiation;
    },
    forget: (): void => {
      agreed = null;
    },
  };
};
