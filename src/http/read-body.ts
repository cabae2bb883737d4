import type { IncomingMessage } from 'node:http';
import { LIMITS } from './limits.ts';
import { Problem } from './problem.ts';

export const tooLarge = (limit: number): Problem =>
  new Problem(413, 'body-too-large', `the body is longer than ${limit / 1024} KiB`);

/**
 * The whole body, or a 413 where it is longer than `limit`. What is too long is still read for a
 * while: a connection closed upon unread bytes takes the answer with it.
 */
export const readBody = (
  incoming: IncomingMessage,
  limit: number,
  done: (error: Error | null, body?: Buffer) => void,
): void => {
  const chunks: Buffer[] = [];
  let length = 0;
  const finish = (error: Error | null, body?: Buffer): void => {
    incoming.off('data', onData);
    incoming.off('end', onEnd);
    incoming.off('error', onBroken);
    incoming.off('close', onBroken);
    done(error, body);
  };
  const onData = (chunk: Buffer): void => {
    length += chunk.length;
    if (length <= limit) chunks.push(chunk);
    else if (length > limit + LIMITS.discardedBody) finish(tooLarge(limit));
    else chunks.length = 0;
  };
  const onEnd = (): void =>
    length > limit ? finish(tooLarge(limit)) : finish(null, Buffer.concat(chunks, length));
  const onBroken = (): void =>
    finish(new Problem(400, 'broken-body', 'the connection ended before the body did'));
  incoming.on('data', onData);
  incoming.on('end', onEnd);
  incoming.on('error', onBroken);
  incoming.on('close', onBroken);
};
