/**
 * `unreachable`: no server, or it ended the connection. `refused`: it does not let us in, or we lack a right. `exhausted`:
 * no connection is free. `slow`: no answer in time. `read-only`: a standby, or a server that takes no writes. `full`: its
 * disk is.
 */
export const FAILURE_KINDS = [
  'unreachable',
  'refused',
  'exhausted',
  'slow',
  'read-only',
  'full',
] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];

/** The database does not do what is asked of it; the message names the server and never holds a password. */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure';
  readonly kind: FailureKind;
  readonly retryable = true;

  constructor(kind: FailureKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}
