import { causeOfCode, connectionCode } from '../../core/connection-cause.ts';
import { printable } from '../output/cell-text.ts';
import { CliFailure } from '../terminal/exit-status.ts';

const namesOf = (error: unknown): readonly string[] =>
  error instanceof Error ? [error.name, ...namesOf(error.cause)] : [];

const innermost = (error: unknown): string =>
  error instanceof Error && error.cause !== undefined
    ? innermost(error.cause)
    : error instanceof Error
      ? error.message
      : String(error);

const WHERE = 'is the helper running, and is this its address? (--url or CD_HELPER_URL)';

/** Why no answer came. */
export const connectionFailure = (url: string, error: unknown): CliFailure => {
  const code = connectionCode(error);
  const cause = causeOfCode(code);
  const host = new URL(url).host;
  if (cause === 'refused')
    return new CliFailure(`nothing listens at ${url}`, {
      hint: WHERE,
      cause: error,
      mayPass: true,
    });
  if (cause === 'unknown-host') {
    return new CliFailure(`the host ${host} cannot be resolved`, { hint: WHERE, cause: error });
  }
  if (
    cause === 'late' ||
    code === 'UND_ERR_HEADERS_TIMEOUT' ||
    namesOf(error).includes('TimeoutError')
  ) {
    return new CliFailure(`${url} did not answer in time`, {
      hint: WHERE,
      cause: error,
      mayPass: true,
    });
  }
  if (cause === 'untrusted' || cause === 'expired' || cause === 'other-name') {
    return new CliFailure(`the certificate of ${host} is not trusted: ${innermost(error)}`, {
      hint: 'if your own authority signed it, set NODE_EXTRA_CA_CERTS to its certificate',
      cause: error,
    });
  }
  if (cause === 'no-tls') {
    return new CliFailure(`${host} does not speak TLS`, {
      hint: 'the address may have to begin with http://',
      cause: error,
    });
  }
  return new CliFailure(`no answer from ${url}: ${printable(innermost(error))}`, {
    hint: 'check that this is the address of a helper and that no proxy cuts the connection',
    cause: error,
    mayPass: true,
  });
};
