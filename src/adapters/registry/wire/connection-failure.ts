import { causeOfCode, connectionCode } from '../../../core/connection-cause.ts';
import { TimeUp } from '../../exchange/deadline.ts';
import { RegistryError } from './registry-error.ts';

/** Thrown if a name resolves to an address that must never be contacted. */
export class ForbiddenAddress extends Error {
  override readonly name = 'ForbiddenAddress';
  readonly code = 'FORBIDDEN_ADDRESS';
}

/** Whether the peer did not speak HTTP. Undici's parser often sets no code. */
const isNoHttp = (error: unknown, depth = 0): boolean =>
  error instanceof Error &&
  depth <= 4 &&
  (error.name === 'HTTPParserError' || isNoHttp(error.cause, depth + 1));

const unreachable = (
  detail: string,
  cause: unknown,
  options: { retryable?: boolean; speaksNoTls?: boolean; noConnection?: boolean } = {},
): RegistryError => new RegistryError('unreachable', detail, { ...options, noAnswer: true, cause });

/** Behind a proxy we connect only to the proxy. A tunnel that it refuses shows up as aborted. */
const OF_THE_PROXY = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_ABORTED',
  'UND_ERR_INVALID_ARG',
]);

const CANNOT_CONNECT = { retryable: true, noConnection: true } as const;

/** What a failed connection to `host` means, in words for a person. */
export const explainConnectionFailure = (
  host: string,
  error: unknown,
  limitMs: number,
  /** The proxy that was used, as host and port. */
  proxy: string | null = null,
): RegistryError => {
  if (error instanceof RegistryError) return error;
  const code = isNoHttp(error) ? 'NOT_HTTP' : connectionCode(error);
  const cause = causeOfCode(code);
  if (proxy !== null && (OF_THE_PROXY.has(code) || code.startsWith('UND_ERR_PRX'))) {
    const refusal = /\((\d{3})\)/.exec(error instanceof Error ? error.message : '')?.[1];
    const how = refusal === undefined ? `it cannot be reached (${code})` : `it answered ${refusal}`;
    const detail = `${host} is asked through the proxy ${proxy}, and ${how}; see HTTPS_PROXY and NO_PROXY, or the proxy of this registry`;
    return unreachable(detail, error, CANNOT_CONNECT);
  }
  if (error instanceof TimeUp || cause === 'late' || code.endsWith('_TIMEOUT')) {
    const seconds = Math.round(limitMs / 100) / 10;
    const noConnection = cause === 'late';
    const detail = `${host} did not answer within ${seconds} s`;
    return unreachable(detail, error, { retryable: true, noConnection });
  }
  if (code === 'FORBIDDEN_ADDRESS') {
    return new RegistryError(
      'unreachable',
      `${host} resolves to an address that is never contacted`,
    );
  }
  if (cause === 'unknown-host') {
    return unreachable(`${host} cannot be resolved`, error, CANNOT_CONNECT);
  }
  if (cause === 'refused') {
    return unreachable(`${host} refuses connections`, error, CANNOT_CONNECT);
  }
  if (cause === 'untrusted' || cause === 'expired' || cause === 'other-name') {
    const advice =
      'if you run its authority, set ca of this registry; tls.skipVerify accepts any certificate';
    return unreachable(
      `${host} shows a certificate that is not trusted (${code}); ${advice}`,
      error,
      { noConnection: true },
    );
  }
  if (code.includes('CERTIFICATE_REQUIRED')) {
    const detail = `${host} requires a client certificate; set cert and key of this registry`;
    return new RegistryError('sign-in-refused', detail, { cause: error });
  }
  if (cause === 'no-tls') {
    const advice = 'if it uses plain HTTP, mark it as insecure';
    return unreachable(`${host} does not speak TLS; ${advice}`, error, { speaksNoTls: true });
  }
  if (code.startsWith('ERR_OSSL_')) {
    return unreachable(`the ca, cert or key given for ${host} cannot be read (${code})`, error);
  }
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) {
    return unreachable(`${host} refused the TLS connection (${code})`, error);
  }
  if (code === 'NOT_HTTP' || code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new RegistryError('malformed', `${host} does not answer in HTTP`, {
      isNoHttp: true,
      cause: error,
    });
  }
  const known = code === '' ? '' : ` (${code})`;
  return unreachable(`${host} cut the connection${known}`, error, { retryable: true });
};
