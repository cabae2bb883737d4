import {
  type ConnectionCause,
  causeOfCode,
  connectionCode,
} from '../../../core/connection-cause.ts';

/**
 * Why a request got no answer. `lost`: the connection ended during the request. `ended`: it had ended before and must
 * not be replaced. `late`: no answer in time.
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

/** The code for a connection that has ended and must not be replaced. */
const ENDED = 'LINE_ENDED';

/** The error for a request on a connection that had already ended: nothing was sent. */
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
  /** The code of the underlying error from Node or OpenSSL; empty if it is unknown here. */
  readonly code: string;
  /** Whether the peer may have seen the request. */
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

/** Whether the peer rejected our certificate during the handshake, by the TLS alerts for that. */
export const isTurnedAway = (error: unknown): boolean =>
  /ALERT.*(?:CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/.test(connectionCode(error));
