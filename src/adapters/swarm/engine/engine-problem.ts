import { ClusterError } from '../../../core/swarm/cluster.ts';
import type { ClusterTls } from '../wire/cluster-address.ts';
import type { ExchangeFailure } from '../wire/exchange-failure.ts';
import { tlsProblem } from '../wire/tls-problem.ts';

/** The context of a failure, for messages that a person can act on. */
export type Asked = {
  readonly cluster: string;
  /** The engine's address as configured. */
  readonly address: string;
  readonly method: 'GET' | 'POST';
  /** Without the version prefix and the query, as in a proxy's rules. */
  readonly path: string;
  readonly secure: boolean;
  /** The cluster's TLS configuration. */
  readonly tls: ClusterTls;
  /** Whether the request changes something. */
  readonly changes: boolean;
  readonly deadlineMs: number;
};

/** A failed connection, as an error that says what to do next. */
export const connectionProblem = (failure: ExchangeFailure, asked: Asked): ClusterError => {
  const { address } = asked;
  const give = (
    code: 'unreachable' | 'permission-denied' | 'timed-out' | 'malformed-answer',
    detail: string,
    retryable = true,
  ) =>
    new ClusterError(asked.cluster, code, detail, {
      retryable,
      mayHaveHappened: asked.changes && failure.maySent,
      cause: failure,
    });
  switch (failure.kind) {
    case 'no-socket':
      return give(
        'unreachable',
        `there is no socket at ${address}: start the engine there, mount its socket into the container, or correct the cluster's url`,
      );
    case 'no-access':
      return give(
        'permission-denied',
        `the process is not allowed to open ${address}: run it with the group that owns the socket (in a stack file "user: <uid>:<gid>"), or use a socket proxy`,
        false,
      );
    case 'connection-refused':
      return give(
        'unreachable',
        `nothing listens at ${address}: is the engine (or the socket proxy) running, and is the port right?`,
      );
    case 'unknown-host':
      return give(
        'unreachable',
        `the host of ${address} cannot be resolved: correct the cluster's url, or attach the helper to the network of that name`,
      );
    case 'no-route':
      return give('unreachable', `there is no route to ${address}: check network and firewall`);
    case 'late-connect':
      return give(
        'unreachable',
        `no connection to ${address} in time: check that the host is up and that no firewall drops the packets`,
      );
    case 'tls':
      return give(
        'unreachable',
        `TLS with ${address} failed: ${tlsProblem(failure, asked.tls, Date.now())}`,
        false,
      );
    case 'ended':
      return give(
        'unreachable',
        `${address} closed the connection before ${asked.method} ${asked.path} was sent: is the engine being restarted?`,
      );
    case 'late':
      return give(
        'timed-out',
        `${address} gave no complete answer to ${asked.method} ${asked.path} within ${asked.deadlineMs / 1000} s`,
      );
    case 'too-large':
      return give(
        'malformed-answer',
        `the answer of ${address} to ${asked.method} ${asked.path} is too large`,
        false,
      );
    case 'lost':
      return give(
        'unreachable',
        `the connection to ${address} was lost during ${asked.method} ${asked.path} (${failure.message})${asked.secure ? '; over TLS this is also how a proxy turns away an unknown client certificate' : ''}`,
      );
    default:
      return failure.kind satisfies never;
  }
};

/** An unsuccessful answer, as an error that says what to do next. */
export const statusProblem = (status: number, message: string, asked: Asked): ClusterError => {
  const { address } = asked;
  const call = `${asked.method} ${asked.path}`;
  const give = (
    code: ClusterError['code'],
    detail: string,
    retryable: boolean,
    mayHaveHappened = false,
  ) => new ClusterError(asked.cluster, code, detail, { retryable, mayHaveHappened });

  if (status === 503 && /being prepared|trouble connecting/.test(message)) {
    return give('unreachable', `the manager at ${address} is not ready: ${message}`, true);
  }
  // An engine that is starting gives both of these answers for a moment, so both are retryable.
  if (status === 503 && message.includes('swarm init')) {
    return give(
      'not-a-manager',
      `the engine at ${address} is not in a swarm: run "docker swarm init" there or "docker swarm join" with a manager's token, or give the url of a manager`,
      true,
    );
  }
  if (status === 503 && /not a swarm manager/.test(message)) {
    return give(
      'not-a-manager',
      `the engine at ${address} is a worker, which cannot manage the swarm: give the url of a manager, place the helper on one ("node.role == manager"), or promote this node`,
      true,
    );
  }
  if (/encrypted and needs to be unlocked/.test(message)) {
    return give(
      'refused',
      `the swarm at ${address} is locked: run "docker swarm unlock" there`,
      true,
    );
  }
  if (/does not have a leader|raft/.test(message)) {
    const detail = `the swarm at ${address} has no leader now: bring more than half of its managers up`;
    return give('unreachable', detail, true, asked.changes);
  }
  if (status === 401 || status === 403 || status === 405) {
    return give(
      'permission-denied',
      `${address} refuses ${call} (HTTP ${status}${said(message)}): allow this method and path in the socket proxy or authorization plugin before the engine`,
      false,
    );
  }
  if (status === 400 && /client version/.test(message)) {
    return give(
      'refused',
      `the engine at ${address} and the helper share no API version (${message}): update the older of the two`,
      false,
    );
  }
  // Go's HTTP server answers this if it speaks TLS and got plain HTTP.
  if (status === 400 && /HTTP request to an HTTPS server/.test(message)) {
    return give(
      'refused',
      `the engine at ${address} speaks TLS: set ca, cert and key of the cluster`,
      false,
    );
  }
  if (status === 404)
    return give('not-found', `${address} knows no ${call}${said(message)}`, false);
  const detail = `${address} answered HTTP ${status} to ${call}${said(message)}`;
  return give('refused', detail, status >= 500 || status === 429, asked.changes && status >= 500);
};

const LONGEST_MESSAGE = 500;
const said = (message: string): string =>
  message === '' ? '' : `: ${message.slice(0, LONGEST_MESSAGE)}`;

/** Whether an update was refused because the service changed after it was read. */
export const isOutOfSequence = (status: number, message: string): boolean =>
  status >= 400 && /out of sequence/.test(message);
