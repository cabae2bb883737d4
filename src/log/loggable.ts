import { isSecretKey } from './secret-keys.ts';

const REDACTED = '[redacted]';
const LONGEST_TEXT = 8_192;
const MOST_ENTRIES = 100;
const DEEPEST = 6;

/** Number of distinct keys to remember. The source has some hundred. */
const MOST_KEYS = 1_000;
const PLAIN = /^[ -~]*$/;

/**
 * Shows control characters, and those that change the direction of text or break lines, as escapes such as `\u001b`.
 */
const visible = (text: string, keepLines: boolean): string => {
  if (PLAIN.test(text)) return text;
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) =>
    keepLines && character === '\n'
      ? character
      : `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
};

/** Keeps the line short, whatever the length of the text. */
const cut = (text: string): string =>
  text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}… (${text.length} characters)` : text;

export type Loggable = {
  readonly text: (text: string) => string;
  readonly value: (value: unknown, withStack: boolean) => unknown;
};

/**
 * Makes values safe for a log line: no secrets, limited length, nothing that a terminal would interpret. Errors
 * become their type, message, own data and causes.
 */
export const createLoggable = (scrub: (text: string) => string): Loggable => {
  // Scrub before cutting: a secret that was cut would no longer be recognised.
  const text = (value: string, keepLines = false): string => visible(cut(scrub(value)), keepLines);

  const keys = new Map<string, { readonly shown: string; readonly isSecret: boolean }>();
  const keyOf = (key: string) => {
    const known = keys.get(key);
    if (known !== undefined) return known;
    const made = { shown: text(key), isSecret: isSecretKey(key) };
    if (keys.size >= MOST_KEYS) keys.clear();
    keys.set(key, made);
    return made;
  };

  const ofError = (error: Error, withStack: boolean, depth: number): object => ({
    type: text(error.name),
    message: text(error.message),
    ...ofEntries(
      Object.entries(error).filter(([key]) => !['name', 'message', 'stack', 'cause'].includes(key)),
      withStack,
      depth,
    ),
    ...(withStack && error.stack !== undefined ? { stack: text(error.stack, true) } : {}),
    ...(error.cause === undefined ? {} : { cause: ofAny(error.cause, withStack, depth + 1) }),
  });

  const ofEntries = (
    entries: readonly (readonly [string, unknown])[],
    withStack: boolean,
    depth: number,
  ): Record<string, unknown> =>
    Object.fromEntries(
      entries.slice(0, MOST_ENTRIES).map(([key, value]) => {
        const { shown, isSecret } = keyOf(key);
        const isHidden = isSecret && value !== null && value !== undefined;
        return [shown, isHidden ? REDACTED : ofAny(value, withStack, depth + 1)];
      }),
    );

  const ofAny = (value: unknown, withStack: boolean, depth: number): unknown => {
    if (typeof value === 'string') return text(value);
    if (typeof value === 'bigint') return String(value);
    if (typeof value === 'function' || typeof value === 'symbol') return undefined;
    if (typeof value !== 'object' || value === null) return value;
    if (depth > DEEPEST) return '…';
    if (value instanceof Error) return ofError(value, withStack, depth);
    if ('toJSON' in value && typeof value.toJSON === 'function') {
      return ofAny(value.toJSON(), withStack, depth + 1);
    }
    if (value instanceof Map || value instanceof Set) {
      return ofAny([...value], withStack, depth);
    }
    if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
    if (Array.isArray(value)) {
      return value.slice(0, MOST_ENTRIES).map((item) => ofAny(item, withStack, depth + 1));
    }
    return ofEntries(Object.entries(value), withStack, depth);
  };

  return { text, value: (value, withStack) => ofAny(value, withStack, 0) };
};
