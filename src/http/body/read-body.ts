import type { IncomingMessage } from 'node:http';
import { LIMITS } from '../ports/limits.ts';
import { Problem } from '../problem/problem.ts';
import type { BodyBudget, BudgetedBody } from './body-budget.ts';

export const tooLarge = (limit: number): Problem =>
  new Problem(413, 'body-too-large', `the body is longer than ${limit / 1024} KiB`);

/** Nobody receives it: the connection is closed. */
const brokenOff = (): Problem =>
  new Problem(503, 'too-many-bodies', 'too much is being received: send it again later');

type ReadOptions = {
  readonly limit: number;
  /** The budget for the body while its sender is unproven; null if the sender is proven. */
  readonly budget: BodyBudget | null;
};

/**
 * Reads the whole body, or fails with a 413 if it is longer than `limit`. A body that is too long is still read for a
 * while, because closing a connection with unread bytes loses the answer. A body that the budget aborts loses its
 * connection at once, because further reading costs memory.
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
  // `close` follows every request, so create the problem only if it came too early.
  const breakOff = (): void => {
    if (!isDone)
      finish(new Problem(400, 'broken-body', 'the connection ended before the body did'));
  };
  incoming.on('error', breakOff);
  incoming.on('close', breakOff);
};
