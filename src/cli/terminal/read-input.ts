/** Longer than any token, and than any webhook that a helper accepts. */
const LONGEST_INPUT = 1_048_576;

/** All piped input. Throws if it is longer than anything that a command asks for. */
export const readInput = async (
  input: AsyncIterable<Buffer | string>,
  signal: AbortSignal,
): Promise<string> => {
  let text = '';
  const stopped = Promise.withResolvers<never>();
  const stop = (): void => stopped.reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const read = async (): Promise<string> => {
    for await (const piece of input) {
      text += piece.toString();
      if (text.length > LONGEST_INPUT) throw new Error('the piped input is too long');
    }
    return text;
  };
  try {
    return await Promise.race([read(), stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
};
