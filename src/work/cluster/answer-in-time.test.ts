import { expect, test } from 'vitest';
import { ClusterError } from '../../core/swarm/cluster.ts';
import { answerInTime } from './answer-in-time.ts';

const CLUSTER = { name: 'one' };
const never = new AbortController().signal;
const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

test('gives the answer', async () => {
  expect(await answerInTime(CLUSTER, 60_000, never, async () => 'an answer')).toBe('an answer');
});

test('time that is up is the cluster’s failure, which may pass', async () => {
  const error: unknown = await answerInTime(CLUSTER, 1, never, untilAborted).catch(
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ClusterError);
  expect(error).toMatchObject({ code: 'timed-out', retryable: true });
});

test('the caller’s reason and any other failure are thrown as they are', async () => {
  const controller = new AbortController();
  const asking = answerInTime(CLUSTER, 60_000, controller.signal, untilAborted);
  controller.abort(new Error('nobody waits'));
  await expect(asking).rejects.toThrow('nobody waits');
  const failing = async (): Promise<never> => {
    throw new Error('a fault');
  };
  await expect(answerInTime(CLUSTER, 60_000, never, failing)).rejects.toThrow('a fault');
});
