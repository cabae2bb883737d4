/** Replaces a secret wherever it would be shown. */
const REDACTED = '[redacted]';

const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

/**
 * A text that must never be shown. Printed, joined, inspected or serialised, it reads `[redacted]`. Only
 * {@link Secret.reveal} returns the text, where it is sent.
 */
export type Secret = {
  readonly reveal: () => string;
  readonly toString: () => string;
  readonly toJSON: () => string;
  readonly [Symbol.toPrimitive]: () => string;
  readonly [INSPECT]: () => string;
};

const redacted = (): string => REDACTED;

/** Wraps `text` so that it never appears in printed output. */
export const createSecret = (text: string): Secret =>
  Object.freeze({
    reveal: () => text,
    toString: redacted,
    toJSON: redacted,
    [Symbol.toPrimitive]: redacted,
    [INSPECT]: redacted,
  });
