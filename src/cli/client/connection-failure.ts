import { printable } from '../output/cell-text.ts';
import { CliFailure } from '../terminal/exit-status.ts';

const codesOf = (error: unknown): readonly string[] => {
  if (!(error instanceof Error)) return [];
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  const inner = error instanceof AggregateError ? error.errors.flatMap(codesOf) : [];
  return [...own, error.name, ...inner, ...codesOf(error.cause)];
};

const innermost = (error: unknown): string =>
  error instanceof Error && error.cause !== undefined
    ? innermost(error.cause)
    : error instanceof Error
      ? error.message
      : String(error);

const WHERE = 'is the helper running, and is this its address? (--url or CD_HELPER_URL)';

/** Why no answer came. */
export const connectionFailure = (url: string, error: unknown): CliFailure => {
  const codes = codesOf(error);
  const has = (...any: readonly string[]): boolean => any.some((code) => codes.includes(code));
  const host = new URL(url).host;
  if (has('ECONNREFUSED'))
    return new CliFailure(`nothing listens at ${url}`, {
      hint: WHERE,
      cause: error,
      mayPass: true,
    });
  if (has('ENOTFOUND', 'EAI_AGAIN')) {
    return new CliFailure(`the name of ${host} is not known`, { hint: WHERE, cause: error });
  }
  if (has('TimeoutError', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'ETIMEDOUT')) {
    return new CliFailure(`${url} did not answer in time`, {
      hint: WHERE,
      cause: error,
      mayPass: true,
    });
  }
  if (codes.some((code) => /^(?:ERR_TLS_|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(code))) {
    return new CliFailure(`the certificate of ${host} is not trusted: ${innermost(error)}`, {
      hint: 'where it is signed by an authority of your own, name it in NODE_EXTRA_CA_CERTS',
      cause: error,
    });
  }
  if (has('ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG')) {
    return new CliFailure(`${host} does not speak TLS`, {
      hint: 'the address may have to begin with http://',
      cause: error,
    });
  }
  return new CliFailure(`no answer from ${url}: ${printable(innermost(error))}`, {
    hint: 'is that the address of a helper, and does nothing between cut the connection?',
    cause: error,
    mayPass: true,
  });
};
