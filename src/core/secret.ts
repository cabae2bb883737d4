/** What stands wherever a secret would be shown. */
const REDACTED = '[redacted]';

const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

/**
 * A text that must be shown to nobody. However it is printed, joined, inspected or serialised, it
 * reads `[redacted]`; only {@link Secret.reveal} gives the text, at the place that sends it.
 */
export type Secret = {
  readonly reveal: () => string;
  readonly toString: () => string;
  readonly toJSON: () => string;
  readonly [Symbol.toPrimitive]: () => string;
  readonly [INSPECT]: () => string;
};

const redacted = (): string => REDACTED;

/** Keeps `text` out of every print of what it is put into. */
export const createSecret = (text: string): Secret =>
  Object.freeze({
    reveal: () => text,
    toString: redacted,
    toJSON: redacted,
    [Symbol.toPrimitive]: redacted,
    [INSPECT]: redacted,
  });
