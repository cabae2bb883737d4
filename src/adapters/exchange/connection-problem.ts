const codeOf = (error: unknown, depth = 0): string => {
  if (!(error instanceof Error) || depth > 4) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  return codeOf(inner, depth + 1);
};

const MEANINGS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'it refuses connections',
  ENOTFOUND: 'its name cannot be resolved',
  EAI_AGAIN: 'its name cannot be resolved now',
  EHOSTUNREACH: 'it cannot be reached',
  ENETUNREACH: 'it cannot be reached',
  UND_ERR_CONNECT_TIMEOUT: 'it cannot be reached in time',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is not trusted',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};

/**
 * What a failure of the connection means, in a few words for people. Messages of errors are left out, because they hold the
 * address, which may be a secret.
 */
export const describeConnectionProblem = (error: unknown, lateAfterMs: number | null): string => {
  if (lateAfterMs !== null) return `it did not answer within ${lateAfterMs / 1000} s`;
  const code = codeOf(error);
  const known = MEANINGS[code];
  if (known !== undefined) return known;
  return /^[A-Z0-9_]{1,40}$/.test(code) ? `the connection broke (${code})` : 'the connection broke';
};
