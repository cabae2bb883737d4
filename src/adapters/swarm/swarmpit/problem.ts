import { ClusterError, type UpdateAnswer } from '../../../core/cluster.ts';
import type { ExchangeFailure } from '../exchange-failure.ts';

/** An answer of Swarmpit that is no success. */
export type SwarmpitRefusal = {
  readonly status: number;
  /** Whether Swarmpit itself refuses; what it only relays from a registry or Docker lacks the mark. */
  readonly isOwn: boolean;
  /** The text under `error`; null where it is null or where the body has none. */
  readonly error: string | null;
  /** Whether the body is Swarmpit's JSON at all; what stands before it answers something else. */
  readonly isJson: boolean;
};

export type SwarmpitAsked = {
  readonly cluster: string;
  readonly address: string;
  readonly call: string;
  /** Whether the call restarts tasks. */
  readonly changes: boolean;
  readonly deadlineMs: number;
};

const NEW_TOKEN =
  'make an API token in Swarmpit (account settings, API access; it does not expire, while one from /login lives one day) and configure it as the token of this cluster';

export const swarmpitConnectionProblem = (
  failure: ExchangeFailure,
  asked: SwarmpitAsked,
): ClusterError => {
  const { address } = asked;
  const give = (code: ClusterError['code'], detail: string, retryable = true): ClusterError =>
    new ClusterError(asked.cluster, code, detail, {
      retryable,
      mayHaveHappened: asked.changes && failure.maySent,
      cause: failure,
    });
  switch (failure.kind) {
    case 'late':
      return give(
        'timed-out',
        `Swarmpit at ${address} gave no answer to ${asked.call} within ${asked.deadlineMs / 1000} s`,
      );
    case 'tls':
      return give(
        'unreachable',
        `TLS with Swarmpit at ${address} failed (${failure.message}): check the url and the certificate there`,
        false,
      );
    case 'too-large':
      return give(
        'malformed-answer',
        `the answer of ${address} to ${asked.call} is too large`,
        false,
      );
    case 'unknown-host':
      return give(
        'unreachable',
        `the host of ${address} is not known: correct the cluster's url, or attach the helper to Swarmpit's network`,
      );
    case 'lost':
      return give(
        'unreachable',
        `the connection to Swarmpit at ${address} was lost during ${asked.call} (${failure.message})`,
      );
    case 'connection-refused':
    case 'late-connect':
    case 'no-access':
    case 'no-route':
    case 'no-socket':
      return give(
        'unreachable',
        `Swarmpit cannot be reached at ${address} (${failure.message}): is it running, and is the url right?`,
      );
    default:
      return failure.kind satisfies never;
  }
};

const OWN_TOKEN_WORDS =
  /^(?:Authentication failed|Missing token|Token (?:expired|invalid|discarded|revoked|rejected))/;

/** Whether the answer is about our token. */
const isSignIn = ({ status, isOwn, error }: SwarmpitRefusal): boolean =>
  (status === 401 && isOwn && !isNoRegistry(error)) || OWN_TOKEN_WORDS.test(error ?? '');

const isNoRegistry = (error: string | null): boolean => /no matching registry/i.test(error ?? '');

/** A refusal as an error that says what to do; not for what a registry said, see {@link readRedeployAnswer}. */
export const swarmpitProblem = (refusal: SwarmpitRefusal, asked: SwarmpitAsked): ClusterError => {
  const { status, error } = refusal;
  const { address, call } = asked;
  const said = error === null ? '' : `: ${error}`;
  const give = (
    code: ClusterError['code'],
    detail: string,
    retryable: boolean,
    mayHaveHappened = false,
  ): ClusterError => new ClusterError(asked.cluster, code, detail, { retryable, mayHaveHappened });

  if (isSignIn(refusal)) {
    return give(
      'sign-in-refused',
      `Swarmpit at ${address} refuses the token${said}; ${NEW_TOKEN}`,
      false,
    );
  }
  if (status === 403 && refusal.isOwn) {
    return give(
      'permission-denied',
      `Swarmpit at ${address} does not let the token's user do ${call}${said}; use the token of a user who is no viewer`,
      false,
    );
  }
  if (status === 401 || status === 403) {
    const who = refusal.isJson ? 'Swarmpit' : 'something before Swarmpit';
    const detail = `${who} at ${address} refuses ${call} (HTTP ${status}${said}); ${NEW_TOKEN}`;
    return give(refusal.isJson ? 'sign-in-refused' : 'permission-denied', detail, false);
  }
  if (status === 404 && error !== null) {
    return give('not-found', `Swarmpit at ${address} does not find ${call}${said}`, false);
  }
  if (status === 404) {
    const detail = `what answers at ${address} knows no ${call}: correct the cluster's url, which is Swarmpit's own with or without /api`;
    return give('refused', detail, false);
  }
  if (status === 408) {
    const detail = `Swarmpit at ${address} waited too long for a registry or for Docker during ${call}`;
    return give('timed-out', detail, true, asked.changes);
  }
  const detail = `Swarmpit at ${address} answered HTTP ${status} to ${call}${said}`;
  const isServers = status >= 500;
  return give('refused', detail, isServers || status === 429, asked.changes && isServers);
};

/**
 * What an answer to a redeploy other than 2xx means. Swarmpit asks the registry before it changes
 * anything, and relays the registry's status with `{"error":null}`; so those changed nothing. A
 * time-out or another 500 may come from Docker after the update was given to it.
 */
export const readRedeployAnswer = (
  refusal: SwarmpitRefusal,
  image: string,
): Exclude<UpdateAnswer, { kind: 'accepted' }> | null => {
  const { status, error } = refusal;
  if (/out of sequence/.test(error ?? '')) return { kind: 'out-of-sequence' };
  if (isNoRegistry(error)) {
    const detail = `Swarmpit has no registry for ${image} (${error ?? ''}): link it in Swarmpit for the user of the token, or share it`;
    return { kind: 'registry-failed', status, detail };
  }
  if (isSignIn(refusal) || refusal.isOwn || !refusal.isJson || error !== null) return null;
  if (status === 401 || status === 403 || status === 404 || status === 429) {
    return { kind: 'registry-failed', status, detail: registryDetail(status, image) };
  }
  return null;
};

const registryDetail = (status: 401 | 403 | 404 | 429, image: string): string => {
  switch (status) {
    case 401:
    case 403:
      return `the registry of ${image} refused Swarmpit (HTTP ${status}): correct the credentials of the registry that is linked in Swarmpit`;
    case 404:
      return `the registry of ${image} knows no such tag, or has it only as an OCI image, which Swarmpit does not ask for (HTTP 404)`;
    case 429:
      return `the registry of ${image} lets Swarmpit ask no more for now (HTTP 429): its rate limit is used up`;
    default:
      return status satisfies never;
  }
};
