import type { Exchanged } from '../wire/exchange.ts';

export type EngineCall = {
  readonly method: 'GET' | 'POST';
  /** Without version prefix and query. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly deadlineMs: number;
  readonly maxBytes: number;
  readonly keepPartial?: boolean;
  /** Statuses other than 2xx that are an answer and no error. */
  readonly expects?: (status: number, message: string) => boolean;
};

export type EngineAnswer = Exchanged & {
  /** What an answer other than 2xx says. */
  readonly message: string;
  /** The version that was spoken, where it is the newest of the engine that answered; else null. */
  readonly version: string | null;
};
