import { ClusterError } from '../../../core/swarm/cluster.ts';
import type { EngineAnswer, EngineCall } from './engine-call.ts';

/** Docker Engine 19.03. Older ones have no jobs and no `ServiceStatus`, and are not maintained. */
const OLDEST = '1.40';
const PING: EngineCall = {
  method: 'GET',
  path: '/_ping',
  deadlineMs: 5_000,
  maxBytes: 64 * 1024,
};

/** Negative if `one` is older than `other`. */
export const compareVersions = (one: string, other: string): number => {
  const [major = 0, minor = 0] = one.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number);
  return major - otherMajor || minor - otherMinor;
};

/** The newest API version of the engine that answered; null if something else answered. */
export const offeredVersion = ({ headers }: Pick<EngineAnswer, 'headers'>): string | null => {
  const offered = headers['api-version'];
  return typeof offered === 'string' && /^\d+\.\d+$/.test(offered) ? offered : null;
};

export type OfferedVersion = {
  readonly version: string;
  /** Whether the connection is closed after the answer, as some proxies do. */
  readonly closes: boolean;
};

/** Sends a call without a version. */
type Send = (call: EngineCall, signal: AbortSignal) => Promise<EngineAnswer>;

/**
 * Asks an engine for the version that it offers, which is the one to speak, even if it is newer than any that this
 * adapter was tested with: an update with an older version clears the newer fields of a spec.
 */
export const askVersion = async (
  cluster: string,
  address: string,
  send: Send,
  signal: AbortSignal,
): Promise<OfferedVersion> => {
  const answer = await send(PING, signal);
  const offered = offeredVersion(answer);
  if (offered === null) {
    const detail = `what answers at ${address} is not a Docker Engine (GET /_ping has no Api-Version header): correct the cluster's url`;
    throw new ClusterError(cluster, 'malformed-answer', detail, { retryable: false });
  }
  if (compareVersions(offered, OLDEST) < 0) {
    const detail = `the engine at ${address} speaks API ${offered}, and the helper needs ${OLDEST} or newer (Docker 19.03): update the engine`;
    throw new ClusterError(cluster, 'refused', detail, { retryable: false });
  }
  return { version: offered, closes: /\bclose\b/i.test(answer.headers.connection ?? '') };
};

/**
 * The version for reads: requested once for all of them, and replaced when an answer shows another, because an engine
 * may be replaced at any time.
 */
export const createVersionAgreement = (ask: (signal: AbortSignal) => Promise<string>) => {
  let agreed: Promise<string> | null = null;
  let known: string | null = null;

  const forget = (): void => {
    agreed = null;
    known = null;
  };

  const askNow = async (): Promise<string> => {
    // All waiting callers share it, so none of their signals may end it. It has its own deadline.
    const asking = ask(AbortSignal.timeout(PING.deadlineMs + 1_000));
    agreed = asking;
    try {
      const version = await asking;
      if (agreed === asking) known = version;
      return version;
    } catch (error) {
      if (agreed === asking) forget();
      throw error;
    }
  };

  return {
    agreed: (): Promise<string> => agreed ?? askNow(),
    /** Takes note of the version that the answering engine offers, and forgets the agreed one if it differs. */
    heed: (offered: string | null): void => {
      if (known !== null && offered !== null && offered !== known) forget();
    },
    forget,
  };
};
