import { ClusterError } from '../../../core/swarm/cluster.ts';
import type { ExchangeFailure } from '../wire/exchange-failure.ts';

/** An unsuccessful answer of Swarmpit. */
export type SwarmpitRefusal = {
  readonly status: number;
  /** Whether one of Swarmpit's two sign-in layers refused: only they mark their answers (1.6 and newer). */
  readonly isOwn: boolean;
  /** The text under `error`; null if there is none. */
  readonly error: string | null;
  /** The body is `{"error":null}`: Swarmpit's answer if a registry refuses a manifest. */
  readonly isBlank: boolean;
  /** Whether the body is Swarmpit's JSON at all. A proxy in front of it answers something else. */
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
  'create an API token in Swarmpit (account settings, API access) and configure it as the token of this cluster; one from /login is valid for one day, and API tokens expire where SWARMPIT_API_TOKEN_EXPIRY_DAYS is set';

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
        `the host of ${address} cannot be resolved: correct the cluster's url, or attach the helper to Swarmpit's network`,
      );
    case 'ended':
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

/**
 * Whether the answer is about our token. Without the mark, only a request that Swarmpit answers on its own can show
 * that: a refused redeploy may repeat a registry's words.
 */
const isSignIn = ({ status, isOwn, error }: SwarmpitRefusal, { changes }: SwarmpitAsked): boolean =>
  status === 401 && (isOwn || (!changes && OWN_TOKEN_WORDS.test(error ?? '')));

/** A refusal as an error that says what to do. Not for a registry's answer, see `readRedeployAnswer`. */
export const swarmpitProblem = (refusal: SwarmpitRefusal, asked: SwarmpitAsked): ClusterError => {
  const { status, error, isBlank } = refusal;
  const { address, call } = asked;
  const said = error === null ? '' : `: ${error}`;
  const give = (
    code: ClusterError['code'],
    detail: string,
    retryable: boolean,
    mayHaveHappened = false,
  ): ClusterError => new ClusterError(asked.cluster, code, detail, { retryable, mayHaveHappened });

  if (isSignIn(refusal, asked)) {
    return give(
      'sign-in-refused',
      `Swarmpit at ${address} refuses the token${said}; ${NEW_TOKEN}`,
      false,
    );
  }
  if (status === 403 && refusal.isOwn) {
    return give(
      'permission-denied',
      `Swarmpit at ${address} does not let the token's user do ${call}${said}; use the token of a user who is not a viewer`,
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
    const detail = `what answers at ${address} does not support ${call}: correct the cluster's url, which is Swarmpit's own with or without /api; Swarmpit before 1.6 has no such API`;
    return give('refused', detail, false);
  }
  if (asked.changes && isBlank) {
    const detail = `the registry answered Swarmpit with HTTP ${status} when it resolved the image; nothing was changed`;
    return give('refused', detail, true);
  }
  if (status === 408) {
    const detail = `Swarmpit at ${address} waited too long for a registry or for Docker during ${call}`;
    const mayHaveHappened = asked.changes;
    return new ClusterError(asked.cluster, 'timed-out', detail, {
      retryable: true,
      mayHaveHappened,
      gaveUp: true,
    });
  }
  if (status === 400 && NO_SPEC_BEFORE.test(error ?? '')) {
    const detail = `the service has no spec before the present one, so Swarmpit has nothing to go back to${said}`;
    return give('refused', detail, false);
  }
  const detail = `Swarmpit at ${address} answered HTTP ${status} to ${call}${said}`;
  const isServers = status >= 500;
  const mayHaveHappened = asked.changes && isServers && !isBeforeUpdate(refusal);
  return give('refused', detail, isServers || status === 429, mayHaveHappened);
};

/** Docker's answer to the rollback that Swarmpit sends without a spec. */
const NO_SPEC_BEFORE = /got EOF while reading request body/;

/** Java's words for a failed connection: the target host got no request. */
const NOT_CONNECTED =
  /Name or service not known|Temporary failure in name resolution|Name does not resolve|No such file or directory|Connection refused|No route to host|connect timed out/i;

/**
 * Whether Swarmpit's error came before it passed the update to Docker: a registry's answer to its lookup, or a failed
 * connection, to Docker or anything else.
 */
export const isBeforeUpdate = ({ isJson, isBlank, error }: SwarmpitRefusal): boolean =>
  isJson && (isBlank || NOT_CONNECTED.test(error ?? ''));
