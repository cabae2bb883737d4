/** Ten thousand services with everything that is known of them. */
const BIGGEST_ANSWER = 32 * 1_048_576;

/** The text of an answer; throws where it is bigger than any that the helper gives. */
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
