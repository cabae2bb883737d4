/** Fills bytes with values from a seed, independent of {@link seeded}. */
export const seededBytes = (seed: number): ((bytes: Uint8Array) => void) => {
  const random = seeded(~seed);
  return (bytes) => {
    for (const at of bytes.keys()) bytes[at] = Math.floor(random() * 256);
  };
};

/** Numbers from 0 to 1 from a seed (mulberry32), so that a failure can be reproduced. */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};
