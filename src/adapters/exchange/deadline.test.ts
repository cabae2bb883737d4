import { afterEach, beforeEach, expect, it } from 'vitest';
import { unlessAborted } from './deadline.ts';

const unheard: unknown[] = [];
const hear = (reason: unknown): void => void unheard.push(reason);
beforeEach(() => {
  unheard.length = 0;
  process.on('unhandledRejection', hear);
});
afterEach(() => {
  process.off('unhandledRejection', hear);
});
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('gives what comes in time', async () => {
  expect(await unlessAborted(Promise.resolve(1), new AbortController().signal)).toBe(1);
});

it.each([
  ['before it asked', () => AbortSignal.abort(new Error('gone'))],
  ['while it waits', () => AbortSignal.timeout(1)],
])('a failure after the caller has gone %s ends no process', async (_when, makeCaller) => {
  const caller = makeCaller();
  const { promise, reject } = Promise.withResolvers<never>();
  const thrown: unknown = await unlessAborted(promise, caller).catch((error: unknown) => error);
  expect(thrown).toBe(caller.reason);
  reject(new Error('too late'));
  await nextTurn();
  expect(unheard).toEqual([]);
});
