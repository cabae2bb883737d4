const POOL = 4096;
/** The last 16 digits of an id. The first of them holds the variant in two bits, and two random bits. */
const RANDOM_DIGITS = 16;
const VARIANTS = '89ab';
const LAST_COUNT = 0xfff;

const digits = (count: number, most: number): readonly string[] =>
  Array.from({ length: most }, (_, value) => value.toString(16).padStart(count, '0'));
const HEX = digits(2, 256);
const COUNTERS = digits(3, LAST_COUNT + 1);

const hex = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) text += HEX[byte] ?? '';
  return text;
};

/**
 * Ids that sort by creation time, even within a millisecond and when the clock goes back: UUID version 7 with a counter
 * ({@link https://www.rfc-editor.org/rfc/rfc9562#section-6.2 method 1}).
 */
export const createTimeOrderedIds = (
  now: () => number,
  fillRandom: (bytes: Uint8Array) => unknown,
): (() => string) => {
  const pool = new Uint8Array(POOL);
  /** Two digits per byte. */
  let random = '';
  let used = 0;
  let time = 0;
  let count = 0;
  let prefix = '';
  const setTime = (to: number): void => {
    time = to;
    count = 0;
    const ms = time.toString(16).padStart(12, '0');
    prefix = `${ms.slice(0, 8)}-${ms.slice(8)}-7`;
  };
  setTime(0);
  return () => {
    const present = now();
    if (present > time) setTime(present);
    else if (count < LAST_COUNT) count += 1;
    else setTime(time + 1);
    if (used + RANDOM_DIGITS > random.length) {
      fillRandom(pool);
      random = hex(pool);
      used = 0;
    }
    const counter = COUNTERS[count] ?? '';
    const variant = VARIANTS[Number.parseInt(random.charAt(used), 16) & 3] ?? '';
    const id = `${prefix}${counter}-${variant}${random.slice(used + 1, used + 4)}-${random.slice(used + 4, used + RANDOM_DIGITS)}`;
    used += RANDOM_DIGITS;
    return id;
  };
};

/** No id that was made at this time or later sorts before it. `at` is in ms since the epoch. */
export const lowestIdAt = (at: number): string => {
  const ms = Math.max(0, Math.floor(at)).toString(16).padStart(12, '0');
  return `${ms.slice(0, 8)}-${ms.slice(8)}`;
};
