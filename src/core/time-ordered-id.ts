const POOL = 4096;
const RANDOM_BYTES = 8;
const LAST_COUNT = 0xfff;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const hex = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) text += HEX[byte] ?? '';
  return text;
};

/**
 * Ids that sort by the time they were made, also within a millisecond and when the clock goes back:
 * UUID version 7 with a counter ({@link https://www.rfc-editor.org/rfc/rfc9562#section-6.2 method 1}).
 */
export const createTimeOrderedIds = (
  now: () => number,
  fillRandom: (bytes: Uint8Array) => unknown,
): (() => string) => {
  const pool = new Uint8Array(POOL);
  let used = POOL;
  let time = 0;
  let count = 0;
  return () => {
    const present = now();
    if (present > time) {
      time = present;
      count = 0;
    } else if (count < LAST_COUNT) {
      count += 1;
    } else {
      time += 1;
      count = 0;
    }
    if (used + RANDOM_BYTES > POOL) {
      fillRandom(pool);
      used = 0;
    }
    const variant = (((pool[used] ?? 0) & 0x3f) | 0x80).toString(16);
    const random = hex(pool.subarray(used + 1, used + RANDOM_BYTES));
    used += RANDOM_BYTES;
    const ms = time.toString(16).padStart(12, '0');
    const counter = count.toString(16).padStart(3, '0');
    return `${ms.slice(0, 8)}-${ms.slice(8)}-7${counter}-${variant}${random.slice(0, 2)}-${random.slice(2)}`;
  };
};
