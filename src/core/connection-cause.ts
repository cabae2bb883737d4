/** Why a connection failed or broke, as far as the error code says. */
export type ConnectionCause =
  /** There is no socket at the path. */
  | 'no-socket'
  /** The helper may not open the socket. */
  | 'no-access'
  | 'refused'
  | 'unknown-host'
  | 'no-route'
  /** The connection was not established in time. A late answer has other codes. */
  | 'late'
  /** The certificate's chain does not end at a trusted authority. */
  | 'untrusted'
  /** The certificate is not valid yet, or has expired. */
  | 'expired'
  /** The certificate is for other names. */
  | 'other-name'
  /** The server does not speak TLS. */
  | 'no-tls'
  /** Any other TLS failure. */
  | 'tls'
  | 'other';

/** Codes of Node, of undici, and of OpenSSL as Node passes them on. */
const CAUSES: ReadonlyMap<string, ConnectionCause> = new Map([
  ['ENOENT', 'no-socket'],
  ['ENOTSOCK', 'no-socket'],
  ['EACCES', 'no-access'],
  ['EPERM', 'no-access'],
  ['ECONNREFUSED', 'refused'],
  ['ENOTFOUND', 'unknown-host'],
  ['EAI_AGAIN', 'unknown-host'],
  ['EHOSTUNREACH', 'no-route'],
  ['ENETUNREACH', 'no-route'],
  ['ETIMEDOUT', 'late'],
  ['UND_ERR_CONNECT_TIMEOUT', 'late'],
  ['CERT_HAS_EXPIRED', 'expired'],
  ['CERT_NOT_YET_VALID', 'expired'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'other-name'],
  ['HOSTNAME_MISMATCH', 'other-name'],
  ['CERT_REVOKED', 'untrusted'],
  ['CERT_SIGNATURE_FAILURE', 'untrusted'],
  ['CERT_UNTRUSTED', 'untrusted'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'untrusted'],
  ['INVALID_CA', 'untrusted'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'untrusted'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'untrusted'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'untrusted'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'untrusted'],
  ['EPROTO', 'no-tls'],
  ['ERR_SSL_HTTP_REQUEST', 'no-tls'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'no-tls'],
  ['ERR_SSL_UNKNOWN_PROTOCOL', 'no-tls'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'no-tls'],
]);

const OTHER_TLS =
  /^(?:ERR_TLS_|ERR_SSL_|ERR_OSSL|CERT_|CRL_|UNABLE_TO_|INVALID_PURPOSE|PATH_LENGTH)/;

/** The meaning of a code; `other` if it says nothing about the connection, or is empty. */
export const causeOfCode = (code: string): ConnectionCause =>
  CAUSES.get(code) ?? (OTHER_TLS.test(code) ? 'tls' : 'other');

const codesOf = (error: unknown, depth = 0): readonly string[] => {
  if (!(error instanceof Error) || depth > 4) return [];
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  // If several addresses failed, the error is an AggregateError.
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  return [...own, ...codesOf(inner, depth + 1)];
};

/**
 * The code of an error or of one of its causes: the first that says something about the connection, otherwise the first
 * of all. Empty if there is none.
 */
export const connectionCode = (error: unknown): string => {
  const codes = codesOf(error);
  return codes.find((code) => causeOfCode(code) !== 'other') ?? codes[0] ?? '';
};
