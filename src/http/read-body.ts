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
  let isDone = false;
  const finish = (error: Error | null, body?: Buffer): void => {
    if (isDone) return;
    isDone = true;
    done(error, body);
  };
  incoming.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= limit) chunks.push(chunk);
    else if (length > limit + LIMITS.discardedBody) finish(tooLarge(limit));
    else chunks.length = 0;
  });
  incoming.on('end', () => {
    const [only] = chunks;
    if (length > limit) finish(tooLarge(limit));
    else finish(null, only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks));
  });
  // It is closed after every request, so nothing is made unless it came too early.
  const breakOff = (): void => {
    if (!isDone)
      finish(new Problem(400, 'broken-body', 'the connection ended before the body did'));
  };
  incoming.on('error', breakOff);
  incoming.on('close', breakOff);
};
