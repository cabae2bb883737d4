import { expect, it } from 'vitest';
import { silentLog } from '../core/log.ts';
import { StoreFailure } from '../core/store-failure.ts';
import { systemClock } from '../work/loop/system-clock.ts';
import { whenReachable } from './when-reachable.ts';

const deps = {
  setting: { kind: 'sqlite', path: 'store.db' } as const,
  clock: { ...systemClock, wait: async () => {} },
  log: silentLog,
};

it('repeats what a database that does not answer has refused, and nothing else', async () => {
  let calls = 0;
  const act = async (): Promise<number> => {
    calls += 1;
    if (calls < 3) throw new StoreFailure('unreachable', 'no answer');
    return calls;
  };
  const { signal } = new AbortController();
  expect(await whenReachable(deps, act, signal)).toBe(3);
  const broken = async (): Promise<number> => {
    throw new TypeError('a defect');
  };
  await expect(whenReachable(deps, broken, signal)).rejects.toThrow('a defect');
});

it('resolves with null when the helper is told to stop meanwhile', async () => {
  const stopped = new AbortController();
  const act = async (): Promise<number> => {
    stopped.abort();
    throw new StoreFailure('unreachable', 'no answer');
  };
  expect(await whenReachable(deps, act, stopped.signal)).toBeNull();
});
