import type { LookUpFailure } from '../../../core/image/published.ts';

/** Why a registry did not give what it was asked for; turned into a look-up's failure at the edge. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly reason: LookUpFailure;
  /** Whether asking the same again in a moment may help. */
  readonly retryable: boolean;
  readonly retryAfterMs: number | null;
  /** The host could not be reached or kept silent, whatever it was asked. */
  readonly noAnswer: boolean;
  /** Not even a connection to it came about, so that what was asked for cannot matter. */
  readonly noConnection: boolean;
  /** The status that it was answered with, where that is what is wrong. */
  readonly status: number | null;
  /** It wants a sign-in, and no credentials are configured for it. */
  readonly noCredentials: boolean;
  /** What answered spoke no HTTP. */
  readonly isNoHttp: boolean;
  /** The other end answered a TLS greeting with something that is none. */
  readonly speaksNoTls: boolean;

  /** `detail` is one line for a person: which registry, what it did, what to do. No secret in it. */
  constructor(
    reason: LookUpFailure,
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

  /** The same, of a host that the registry sent us to: it says nothing of the registry itself. */
  static elsewhere(error: RegistryError): RegistryError {
    const { reason, message, retryable, retryAfterMs } = error;
    return new RegistryError(reason, message, { retryable, retryAfterMs, cause: error });
  }
}
