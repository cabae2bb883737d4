import type { FastifyReply } from 'fastify';

/** An answer that is the same for everybody, in one buffer for any number of requests. */
export type SharedAnswer = {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
};

/** Sends a shared answer. The bytes are not copied. A HEAD gets only their number. */
export const sendShared = (
  reply: FastifyReply,
  { status, type, body }: SharedAnswer,
): FastifyReply => reply.code(status).type(type).send(body);

const JSON_TYPE = 'application/json; charset=utf-8';

export const jsonAnswer = (value: unknown, status = 200): SharedAnswer => ({
  status,
  type: JSON_TYPE,
  body: Buffer.from(JSON.stringify(value)),
});

/** Creates a value on first use, and keeps it. */
export const madeOnce = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
};

/**
 * Creates a value at most once at a time. Everybody who asks within `keptMs` of the start gets the same value. A
 * failure goes to all who wait for it, and is not kept.
 */
export const sharedForAWhile = <T>(
  make: () => Promise<T>,
  keptMs: number,
  now: () => number,
): (() => Promise<T>) => {
  let latest: { readonly at: number; readonly value: Promise<T> } | null = null;
  let isMaking = false;
  const begin = async (): Promise<T> => {
    isMaking = true;
    try {
      return await make();
    } catch (error) {
      latest = null;
      throw error;
    } finally {
      isMaking = false;
    }
  };
  return () => {
    const at = now();
    const isFresh = latest !== null && (isMaking || Math.abs(at - latest.at) < keptMs);
    if (latest === null || !isFresh) latest = { at, value: begin() };
    return latest.value;
  };
};
