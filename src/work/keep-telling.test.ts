import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../core/log.ts';
import { addFreeze } from '../store/freezes.ts';
import { openEvents, readEvents } from '../store/events.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { createTelling, KEPT_FOR_MS, type Telling } from './keep-telling.ts';
import type { Clock } from './ports.ts';

let store: Store;
let telling: Telling;
let ended: AbortController;
/** Ends the wait that is under way. */
let pass: () => void;
const waits: number[] = [];

const clock: Clock = {
  now: () => 0,
  wait: (ms, signal) =>
    new Promise((resolve, reject) => {
      waits.push(ms);
      pass = resolve;
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    }),
};

beforeEach(async () => {
  store = openStore(':memory:');
  waits.length = 0;
  ended = new AbortController();
  await openEvents(store.db);
  telling = createTelling(store.db, clock, silentLog, ended.signal);
});
afterEach(() => store.close());

let freezes = 0;
const change = async (): Promise<void> => {
  freezes += 1;
  const everywhere = { cluster: null, stack: null, service: null };
  const freeze = { id: String(freezes), ...everywhere, reason: 'r', by: 'p', until: null };
  await addFreeze(store.db, freeze, 0);
};
const told = async (): Promise<number> => (await readEvents(store.db, 0, 100)).length;

describe('the store tells what changes in it', () => {
  it('not before anybody listens, and from then on everything', async () => {
    await change();
    expect(await told()).toBe(0);
    expect(await telling.join()).toBe(0);
    await change();
    expect(await told()).toBe(1);
  });

  it('for a while after everybody has left, to those who come back too', async () => {
    await telling.join();
    telling.leave();
    await change();
    expect(await telling.join()).toBe(0);
    expect(await told()).toBe(1);
    expect(waits).toEqual([KEPT_FOR_MS]);
    // Who came back is not forgotten with the wait for him.
    pass();
    await change();
    expect(await told()).toBe(2);
  });

  it('no more when that is over, until somebody comes, who learns of the gap', async () => {
    await telling.join();
    await change();
    telling.leave();
    pass();
    await store.db.selectFrom('settings').selectAll().execute();
    await change();
    expect(await told()).toBe(1);
    expect(await telling.join()).toBe(1);
    await change();
    expect(await told()).toBe(2);
  });

  it('as long as one of several listens', async () => {
    await Promise.all([telling.join(), telling.join()]);
    telling.leave();
    expect(waits).toEqual([]);
    await change();
    expect(await told()).toBe(1);
  });

  it('to whoever comes in the moment in which it stops', async () => {
    await telling.join();
    telling.leave();
    pass();
    await Promise.resolve();
    const since = await telling.join();
    await change();
    expect((await readEvents(store.db, since, 100)).length).toBe(1);
  });

  it('and waits for nobody when the process ends', async () => {
    await telling.join();
    ended.abort();
    telling.leave();
    await change();
    expect(await told()).toBe(1);
  });

  it('though not where the store is gone, which is told to who wanted to listen', async () => {
    await store.close();
    await expect(telling.join()).rejects.toThrow();
  });
});
