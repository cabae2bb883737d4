/** Why a connection could not be made or did not last, as far as the code of an error tells. */
export type ConnectionCause =
  /** There is no socket at the path. */
  | 'no-socket'
  /** The socket may not be opened by us. */
  | 'no-access'
  | 'refused'
  | 'unknown-host'
  | 'no-route'
  /** No connection came about in time; an answer that is late has other codes. */
  | 'late'
  /** The certificate's chain does not end at an authority that is trusted here. */
  | 'untrusted'
  /** The certificate is not valid yet, or no longer. */
  | 'expired'
  /** The certificate is for other names. */
  | 'other-name'
  /** What listens there does not speak TLS. */
  | 'no-tls'
  /** Anything else that TLS fails with. */
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

/** What a code means; `other` for one that says nothing about the connection, and for none. */
export const causeOfCode = (code: string): ConnectionCause =>
  CAUSES.get(code) ?? (OTHER_TLS.test(code) ? 'tls' : 'other');

const codesOf = (error: unknown, depth = 0): readonly string[] => {
  if (!(error instanceof Error) || depth > 4) return [];
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  // Several addresses that were tried give an error of errors.
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  return [...own, ...codesOf(inner, depth + 1)];
};

/**
 * The code of an error, or of what caused it: the first that says something about the connection, else the first
 * there is. Blank for none.
 */
export const connectionCode = (error: unknown): string => {
  const codes = codesOf(error);
  return codes.find((code) => causeOfCode(code) !== 'other') ?? codes[0] ?? '';
};
