import { closest } from './closest.ts';
import { isMapping } from './source.ts';

/*
 * A secret can be anywhere: in the wrong place, under the wrong key, or as the key itself. So only values that nobody
 * uses as a secret are shown. All others are identified by their place.
 */

/** Short numbers, times, networks and cron expressions. */
const NUMBERS = /^[\d\s.:*/,-]{1,24}$/;
const LONG_NUMBER = /\d{6}/;
const DURATION = /^\d{1,5} ?[a-zA-Z]{1,2}$/;
const WORDS: readonly string[] = ['yes', 'no', 'on', 'off', 'true', 'false', 'none', ':memory:'];
const SCHEME = /^(?:https?|tcp|unix|ssh|npipe|socks5?|ftp|postgres(?:ql)?):\/\//;

const isHarmless = (text: string): boolean =>
  (NUMBERS.test(text) && !LONG_NUMBER.test(text)) ||
  DURATION.test(text) ||
  WORDS.includes(text.toLowerCase());

/** A text from the configuration, for people. `known` are words that it may misspell. */
export const showText = (text: string, known: readonly string[] = []): string => {
  if (isHarmless(text) || closest(text, known) !== null) return JSON.stringify(text);
  const scheme = SCHEME.exec(text)?.[0];
  const begins = scheme === undefined ? '' : ` that begins with ${scheme}`;
  return `a text of ${text.length} characters${begins} (not shown)`;
};

/** Words and separators, as in every key. Any other text is not a typo of a key, however similar it is. */
const KEY_LIKE = /^[a-z]+(?:[-_ ][a-z]+)*$/i;

/** A key, if it is one of these or a likely misspelling of one. */
export const showKey = (key: string, known: readonly string[]): string =>
  known.includes(key) || (KEY_LIKE.test(key) && closest(key, known) !== null) ? key : '…';

/** Any found value, for people. */
export const showValue = (
  value: unknown,
  { known, keys }: { readonly known: readonly string[]; readonly keys: readonly string[] },
): string => {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (isMapping(value)) {
    const shown = Object.keys(value).map((key) => showKey(key, keys));
    return `keys: ${shown.join(', ') || 'none'}`;
  }
  if (typeof value === 'string') return showText(value, known);
  if (typeof value === 'boolean') return String(value);
  const number = typeof value === 'number' ? String(value) : null;
  return number === null || LONG_NUMBER.test(number) ? `a ${typeof value} (not shown)` : number;
};
