import type { Exchanged } from '../wire/exchange.ts';

export type EngineCall = {
  readonly method: 'GET' | 'POST';
  /** Without the version prefix and the query. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly deadlineMs: number;
  readonly maxBytes: number;
  readonly keepPartial?: boolean;
  /** Statuses other than 2xx that are an expected answer. */
  readonly expects?: (status: number, message: string) => boolean;
};

export type EngineAnswer = Exchanged & {
  /** The message of an answer other than 2xx. */
  readonly message: string;
  /** The version that was spoken, if it is the newest of the answering engine; otherwise null. */
  readonly version: string | null;
};
