/**
 * `unreachable`: no server, or it closed the connection. `refused`: the login failed, or a right is missing.
 * `exhausted`: no connection is free. `slow`: no answer in time. `read-only`: a standby, or a server that accepts no
 * writes. `full`: its disk is full.
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

/** The database did not do what was asked. The message names the server and never contains a password. */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure';
  readonly kind: FailureKind;
  readonly retryable = true;

  constructor(kind: FailureKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}
