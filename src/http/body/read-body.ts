import type { IncomingMessage } from 'node:http';
import { LIMITS } from '../ports/limits.ts';
import { Problem } from '../problem/problem.ts';
import type { BodyBudget, BudgetedBody } from './body-budget.ts';

export const tooLarge = (limit: number): Problem =>
  new Problem(413, 'body-too-large', `the body is longer than ${limit / 1024} KiB`);

/** Nobody hears it: the connection is gone. */
const brokenOff = (): Problem =>
  new Problem(503, 'too-many-bodies', 'too much is being received: send it again later');

type ReadOptions = {
  readonly limit: number;
  /** What the body counts against while nothing has proven its sender; null where something has. */
  readonly budget: BodyBudget | null;
};

/**
 * The whole body, or a 413 where it is longer than `limit`. What is too long is still read for a
 * while: a connection closed upon unread bytes takes the answer with it. A body that the budget breaks off
 * loses its connection at once, because what is still read of it costs memory.
 */
export const readBody = (
  incoming: IncomingMessage,
  { limit, budget }: ReadOptions,
  done: (error: Error | null, body?: Buffer) => void,
): void => {
  const chunks: Buffer[] = [];
  let length = 0;
  let isDone = false;
  let budgeted: BudgetedBody | undefined;
  const finish = (error: Error | null, body?: Buffer): void => {
    if (isDone) return;
    isDone = true;
    budgeted?.release();
    chunks.length = 0;
    done(error, body);
  };
  const announced = Math.min(Number(incoming.headers['content-length'] ?? 0) || 0, limit);
  budgeted = budget?.(announced, () => {
    incoming.socket.destroy();
    finish(brokenOff());
  });
  incoming.on('data', (chunk: Buffer) => {
    if (isDone) return;
    length += chunk.length;
    if (length <= limit) {
      chunks.push(chunk);
      if (length > announced) budgeted?.grow(chunk.length);
    } else if (length > limit + LIMITS.discardedBody) finish(tooLarge(limit));
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
