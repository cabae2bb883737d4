/** Enough for a Swarm of several thousand services. Keeping a larger body costs more than it saves. */
const LARGEST_KEPT = 16 * 1024 * 1024;

/**
 * Parses bodies, but not one that equals the previous body byte for byte: a calm Swarm always sends the same. Callers
 * must not change the result.
 */
export const keepLast = <T>(read: (body: Buffer) => T): ((body: Buffer) => T) => {
  let last: { readonly body: Buffer; readonly value: T } | null = null;
  return (body) => {
    if (last?.body.equals(body) === true) return last.value;
    // Release the old value before the next one is parsed, so that both are never in memory.
    last = null;
    const value = read(body);
    if (body.length <= LARGEST_KEPT) last = { body, value };
    return value;
  };
};
