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

const KINDS: Readonly<Record<string, FailureKind>> = {
  ENOENT: 'no-socket',
  ENOTSOCK: 'no-socket',
  EACCES: 'no-access',
  EPERM: 'no-access',
  ECONNREFUSED: 'connection-refused',
  ENOTFOUND: 'unknown-host',
  EAI_AGAIN: 'unknown-host',
  EHOSTUNREACH: 'no-route',
  ENETUNREACH: 'no-route',
  UND_ERR_CONNECT_TIMEOUT: 'late-connect',
  ETIMEDOUT: 'late-connect',
  EPROTO: 'tls',
  [ENDED]: 'ended',
};

const TLS_CODE =
  /^(?:ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|CRL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH)/;

/** The code of an error or of what caused it; several addresses tried give an error of errors. */
const codeOf = (error: unknown): string => {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') {
    if (KINDS[error.code] !== undefined || TLS_CODE.test(error.code)) return error.code;
  }
  return error.cause === undefined ? '' : codeOf(error.cause);
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
    this.code = codeOf(cause);
    this.maySent = kind === 'late' || kind === 'lost' || kind === 'too-large';
  }
}

export const failureOf = (
  error: unknown,
  at: { readonly late: boolean; readonly tooLarge: boolean },
): ExchangeFailure => {
  if (at.tooLarge) return new ExchangeFailure('too-large', error);
  if (at.late) return new ExchangeFailure('late', error);
  const code = codeOf(error);
  return new ExchangeFailure(KINDS[code] ?? (TLS_CODE.test(code) ? 'tls' : 'lost'), error);
};

/** Whether the other side ended the handshake for our certificate: the alerts of TLS that say so. */
export const isTurnedAway = (error: unknown): boolean =>
  /ALERT.*(?:CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/.test(codeOf(error));
