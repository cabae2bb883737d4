import {
  type ConnectionCause,
  causeOfCode,
  connectionCode,
} from '../../../core/connection-cause.ts';

/**
 * What kept a request from its answer. `lost` is a connection that ended under it, `ended` one that ended
 * before and must not be replaced, and `late` one that gave no answer in time.
 */
export type FailureKind =
  | 'no-socket'
  | 'no-access'
  | 'connection-refused'
  | 'unknown-host'
  | 'no-route'
  | 'tls'
  | 'late-connect'
  | 'late'
  | 'lost'
  | 'ended'
  | 'too-large';

/** What a connection that must not be replaced is called where it has ended. */
const ENDED = 'LINE_ENDED';

/** Thrown for a request on a connection that had ended before: nothing was sent. */
export const lineEnded = (): Error =>
  Object.assign(new Error('the connection was closed'), { code: ENDED });

const KIND_OF_CAUSE: Readonly<Record<ConnectionCause, FailureKind>> = {
  'no-socket': 'no-socket',
  'no-access': 'no-access',
  refused: 'connection-refused',
  'unknown-host': 'unknown-host',
  'no-route': 'no-route',
  late: 'late-connect',
  untrusted: 'tls',
  expired: 'tls',
  'other-name': 'tls',
  'no-tls': 'tls',
  tls: 'tls',
  other: 'lost',
};

export class ExchangeFailure extends Error {
  override readonly name = 'ExchangeFailure';
  readonly kind: FailureKind;
  /** Of the error that it came from, as Node or OpenSSL gives it; empty for none that is known here. */
  readonly code: string;
  /** Whether the other side may have seen the request. */
  readonly maySent: boolean;

  constructor(kind: FailureKind, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.kind = kind;
    this.code = connectionCode(cause);
    this.maySent = kind === 'late' || kind === 'lost' || kind === 'too-large';
  }
}

export const failureOf = (
  error: unknown,
  at: { readonly late: boolean; readonly tooLarge: boolean },
): ExchangeFailure => {
  if (at.tooLarge) return new ExchangeFailure('too-large', error);
  if (at.late) return new ExchangeFailure('late', error);
  const code = connectionCode(error);
  return new ExchangeFailure(code === ENDED ? 'ended' : KIND_OF_CAUSE[causeOfCode(code)], error);
};

/** Whether the other side ended the handshake for our certificate: the alerts of TLS that say so. */
export const isTurnedAway = (error: unknown): boolean =>
  /ALERT.*(?:CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/.test(connectionCode(error));
