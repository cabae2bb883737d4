import { Writable } from 'node:stream';
import { createInterface } from 'node:readline/promises';
import { CliFailure } from './exit-status.ts';

type Streams = {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
};

type Ask = (question: string, signal: AbortSignal) => Promise<string>;

const nowhere = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });

const isAbort = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ABORT_ERR';

const askOn =
  ({ input, output }: Streams, isSecret: boolean): Ask =>
  async (question, signal) => {
    if (isSecret) output.write(question);
    // The terminal is in raw mode meanwhile: only what is written here appears.
    const lines = createInterface({
      input,
      output: isSecret ? nowhere() : output,
      terminal: true,
    });
    // In raw mode Ctrl-C is a key that only the line reader gets.
    const stopped = new AbortController();
    lines.once('SIGINT', () => stopped.abort());
    try {
      return await lines.question(isSecret ? '' : question, {
        signal: AbortSignal.any([signal, stopped.signal]),
      });
    } catch (error) {
      signal.throwIfAborted();
      // Ctrl-C, or Ctrl-D, after which the line reader closes.
      if (isAbort(error)) throw new CliFailure('stopped');
      throw error;
    } finally {
      lines.close();
      if (isSecret) output.write('\n');
    }
  };

/** Asks a person and returns the typed line; undefined if the input is not a terminal. */
export const askAtTerminal = (streams: Streams): Ask | undefined =>
  streams.input.isTTY === true ? askOn(streams, false) : undefined;

/** The same, but hides what is typed. */
export const askSecretAtTerminal = (streams: Streams): Ask | undefined =>
  streams.input.isTTY === true ? askOn(streams, true) : undefined;
