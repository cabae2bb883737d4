import type { LookupFailure } from '../../../core/image/published.ts';

/** Why a registry did not give what it was asked for. At the edge it becomes a lookup's failure. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly reason: LookupFailure;
  /** Whether the same request may succeed in a moment. */
  readonly retryable: boolean;
  readonly retryAfterMs: number | null;
  /** The host was unreachable or did not answer, whatever it was asked. */
  readonly noAnswer: boolean;
  /** Not even a connection was made, so the question cannot matter. */
  readonly noConnection: boolean;
  /** The status of the answer, if the status is the problem. */
  readonly status: number | null;
  /** The registry requires a sign-in, and no credentials are configured for it. */
  readonly noCredentials: boolean;
  /** The peer did not speak HTTP. */
  readonly isNoHttp: boolean;
  /** The peer answered a TLS handshake with something that is not TLS. */
  readonly speaksNoTls: boolean;

  /** `detail` is one line for a person, without secrets: which registry, what it did, what to do. */
  constructor(
    reason: LookupFailure,
    detail: string,
    options: {
      retryable?: boolean;
      retryAfterMs?: number | null;
      noAnswer?: boolean;
      noConnection?: boolean;
      status?: number | null;
      noCredentials?: boolean;
      isNoHttp?: boolean;
      speaksNoTls?: boolean;
      cause?: unknown;
    } = {},
  ) {
    super(detail, { cause: options.cause });
    this.reason = reason;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.noAnswer = options.noAnswer ?? false;
    this.noConnection = options.noConnection ?? false;
    this.status = options.status ?? null;
    this.isNoHttp = options.isNoHttp ?? false;
    this.noCredentials = options.noCredentials ?? false;
    this.speaksNoTls = options.speaksNoTls ?? false;
  }

  /** The same error, but of a host that the registry sent us to: it says nothing about the registry itself. */
  static elsewhere(error: RegistryError): RegistryError {
    const { reason, message, retryable, retryAfterMs } = error;
    return new RegistryError(reason, message, { retryable, retryAfterMs, cause: error });
  }
}
