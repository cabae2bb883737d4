/** The exit statuses of commands. */
export const EXIT = { well: 0, failed: 1, wrongUse: 2, unknown: 3, waiting: 4 } as const;
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with one line for its user, and what to do about it. */
export class CliFailure extends Error {
  override readonly name = 'CliFailure';
  readonly status: ExitStatus;
  readonly hint: string | null;
  /** Whether a retry may succeed in a moment, for example while a helper restarts. */
  readonly mayPass: boolean;
  /** The helper's own code, such as `conflict`; null if the helper gave none. */
  readonly code: string | null;

  constructor(
    message: string,
    options: {
      status?: ExitStatus;
      hint?: string;
      cause?: unknown;
      mayPass?: boolean;
      code?: string;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.status = options.status ?? EXIT.failed;
    this.hint = options.hint ?? null;
    this.mayPass = options.mayPass ?? false;
    this.code = options.code ?? null;
  }
}

/** A usage error. */
export const wrongUse = (message: string, hint?: string): CliFailure =>
  new CliFailure(message, { status: EXIT.wrongUse, ...(hint === undefined ? {} : { hint }) });
