/** Enough for ten thousand services with all their fields. */
const BIGGEST_ANSWER = 32 * 1_048_576;

/** The text of an answer. Throws if it is larger than any that the helper sends. */
export const readCapped = async (body: AsyncIterable<Uint8Array>): Promise<string> => {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.byteLength;
    if (size > BIGGEST_ANSWER) throw new Error(`the answer is bigger than ${BIGGEST_ANSWER} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
};
