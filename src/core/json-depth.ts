const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ARRAY_OPENS = 0x5b;
const ARRAY_CLOSES = 0x5d;
const OBJECT_OPENS = 0x7b;
const OBJECT_CLOSES = 0x7d;

/** Whether the text has so few brackets that it cannot be deep. This is nearly always true, and quick to check. */
const hasFewBrackets = (most: number, text: string): boolean => {
  let count = 0;
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      count += 1;
      if (count > most) return false;
    }
  }
  return true;
};

/** Whether brackets are nested deeper than `most`. */
const opensDeeperThan = (most: number, bytes: Uint8Array): boolean => {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (inString) {
      if (byte === BACKSLASH) index += 1;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === ARRAY_OPENS || byte === OBJECT_OPENS) {
      depth += 1;
      if (depth > most) return true;
    } else if (byte === ARRAY_CLOSES || byte === OBJECT_CLOSES) depth -= 1;
  }
  return false;
};

/** Whether JSON is nested deeper than `most`, checked before it is parsed. `text` is the decoded `bytes`. */
export const isDeeperThan = (most: number, bytes: Uint8Array, text: string): boolean =>
  !hasFewBrackets(most, text) && opensDeeperThan(most, bytes);
