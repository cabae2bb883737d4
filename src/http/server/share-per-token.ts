import { Problem } from '../problem/problem.ts';

const RETRY_AFTER_SECONDS = 1;

/**
 * Limits an expensive operation per token: at most `atOnce` run at the same time and `waiting` more wait in order.
 * Further ones are refused. Other tokens are not affected.
 */
export const sharePerToken = (
  atOnce: number,
  waiting: number,
): (<T>(token: string, act: () => Promise<T>) => Promise<T>) => {
  const queues = new Map<string, { underWay: number; readonly next: (() => void)[] }>();
  return async (token, act) => {
    const queue = queues.get(token) ?? { underWay: 0, next: [] };
    queues.set(token, queue);
    if (queue.underWay >= atOnce) {
      if (queue.next.length >= waiting) {
        const headers = { 'retry-after': String(RETRY_AFTER_SECONDS) };
        const detail = 'this token has too many searches under way: wait for their answers';
        throw new Problem(429, 'too-many-searches', detail, { headers });
      }
      // A finished operation passes its place to the next.
      await new Promise<void>((resolve) => queue.next.push(resolve));
    } else queue.underWay += 1;
    try {
      return await act();
    } finally {
      const next = queue.next.shift();
      if (next !== undefined) next();
      else {
        queue.underWay -= 1;
        if (queue.underWay === 0) queues.delete(token);
      }
    }
  };
};
