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
    // A terminal is in raw mode meanwhile: what is not written here is not seen.
    const lines = createInterface({
      input,
      output: isSecret ? nowhere() : output,
      terminal: true,
    });
    // In raw mode Ctrl-C is a key, and the reader of lines hears it alone.
    const stopped = new AbortController();
    lines.once('SIGINT', () => stopped.abort());
    try {
      return await lines.question(isSecret ? '' : question, {
        signal: AbortSignal.any([signal, stopped.signal]),
      });
    } catch (error) {
      signal.throwIfAborted();
      // Ctrl-C, or Ctrl-D, for which the reader of lines gives up by itself.
      if (isAbort(error)) throw new CliFailure('stopped');
      throw error;
    } finally {
      lines.close();
      if (isSecret) output.write('\n');
    }
  };

/** Asks a person and gives the line typed; undefined where the input is no terminal. */
export const askAtTerminal = (streams: Streams): Ask | undefined =>
  streams.input.isTTY === true ? askOn(streams, false) : undefined;

/** The same, and what is typed is not shown. */
export const askSecretAtTerminal = (streams: Streams): Ask | undefined =>
  streams.input.isTTY === true ? askOn(streams, true) : undefined;
