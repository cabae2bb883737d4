import { createInterface } from 'node:readline/promises';

type Streams = {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
};

/** Asks a person and gives the line typed; undefined where the input is no terminal. */
export const askAtTerminal = ({
  input,
  output,
}: Streams): ((question: string, signal: AbortSignal) => Promise<string>) | undefined =>
  input.isTTY === true
    ? async (question, signal) => {
        const lines = createInterface({ input, output });
        try {
          return await lines.question(question, { signal });
        } catch (error) {
          signal.throwIfAborted();
          throw error;
        } finally {
          lines.close();
        }
      }
    : undefined;
