import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createStoreOutage, type StoreOutage } from '../../../test/support/store/store-outage.ts';
import { silentLog } from '../../core/log.ts';
import { addEvent } from '../../store/notices/events.ts';
import type { Store } from '../../store/sqlite/open-store.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';
import { EVENTS_KEPT, FORGOTTEN_AT_ONCE } from '../../store/sqlite/event-triggers.ts';
import { createEventFeed, type EventFeed, type FeedEvent } from './event-feed.ts';
import { systemClock } from './system-clock.ts';

let store: Store;
let outage: StoreOutage;
let feed: EventFeed;
/** Hardly pauses between two reads, to keep the tests fast. */
const hasty = {
  ...systemClock,
  wait: (_ms: number, signal: AbortSignal) => systemClock.wait(1, signal),
};
const openFeed = (process = 'a1'): EventFeed =>
  createEventFeed({
    db: outage.db(store.db),
    onChange: store.onChange,
    clock: hasty,
    process,
    log: silentLog,
  });
beforeEach(async () => {
  store = await openTestStore();
  outage = createStoreOutage();
  feed = openFeed();
});
afterEach(async () => {
  await store.close();
});

const tell = async (count: number): Promise<void> => {
  for (let index = 0; index < count; index += 1) await addEvent(store.db, 'cluster', { index });
};

/** Listens until `count` events have arrived, and returns them. */
const hear = async (lastId: string | null, count: number): Promise<readonly FeedEvent[]> => {
  const heard: FeedEvent[] = [];
  const enough = Promise.withResolvers<void>();
  const leave = await feed(lastId, {
    take: async (events) => {
      heard.push(...events);
      if (heard.length >= count) enough.resolve();
    },
  });
  if (count > 0) await enough.promise;
  leave();
  return heard;
};
const idsOf = (events: readonly FeedEvent[]) => events.map(({ id }) => id);

describe('who listens', () => {
  it('is first told to begin anew, then what changes', async () => {
    await tell(2);
    const heard: FeedEvent[] = [];
    const news = Promise.withResolvers<void>();
    await feed(null, {
      take: async (events) => {
        heard.push(...events);
        if (heard.length > 1) news.resolve();
      },
    });
    await tell(1);
    await news.promise;
    expect(heard).toEqual([
      { id: 'a1-2', type: 'reset', data: {} },
      { id: 'a1-3', type: 'cluster', data: { index: 0 } },
    ]);
  });

  it('goes on after what it has heard, however much that was missed', async () => {
    await tell(1_203);
    const heard = await hear('a1-1', 1_202);
    expect(heard.length).toBe(1_202);
    expect(heard[0]?.id).toBe('a1-2');
    expect(heard.at(-1)?.id).toBe('a1-1203');
  });

  it('begins anew where what it heard last was too long ago', async () => {
    const told = EVENTS_KEPT + FORGOTTEN_AT_ONCE;
    await tell(told);
    expect(idsOf(await hear('a1-1', 1))).toEqual([`a1-${told}`]);
    expect((await hear(`a1-${FORGOTTEN_AT_ONCE}`, EVENTS_KEPT)).length).toBe(EVENTS_KEPT);
  });

  it.each([
    ['another process', 'b2-1'],
    ['what has not happened', 'a1-4'],
    ['nothing', ''],
    ['no id', 'a1-'],
    ['no number', 'a1-1x'],
    ['a number beyond all', `a1-${'9'.repeat(30)}`],
    ['something before', 'xa1-1'],
  ])('begins anew with an id of %s', async (_what, id) => {
    await tell(3);
    expect(await hear(id, 1)).toEqual([{ id: 'a1-3', type: 'reset', data: {} }]);
  });

  it('hears everything, once, when a store that could not be read for a while is back', async () => {
    const heard: FeedEvent[] = [];
    const news = Promise.withResolvers<void>();
    const leave = await feed(null, {
      take: async (events) => {
        heard.push(...events);
        if (heard.length > 3) news.resolve();
      },
    });
    const failed = outage.begin();
    await tell(2);
    await failed;
    outage.end();
    await tell(1);
    await news.promise;
    leave();
    expect(idsOf(heard)).toEqual(['a1-0', 'a1-1', 'a1-2', 'a1-3']);
  });
});

it('nothing is lost or told twice, however often a client breaks off and comes back', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ told: fc.nat(4), heard: fc.integer({ min: 1, max: 3 }) }), {
        minLength: 1,
        maxLength: 8,
      }),
      async (rounds) => {
        const [first] = await hear(null, 1);
        let lastId = first?.id ?? '';
        const begun = Number(lastId.split('-')[1]);
        const all: string[] = [];
        let told = 0;
        for (const round of rounds) {
          await tell(round.told);
          told += round.told;
          const missing = Math.min(round.heard, told - all.length);
          const heard = await hear(lastId, missing);
          all.push(...idsOf(heard));
          lastId = all.at(-1) ?? lastId;
        }
        all.push(...idsOf(await hear(lastId, told - all.length)));
        expect(all).toEqual(Array.from({ length: told }, (_, index) => `a1-${begun + 1 + index}`));
      },
    ),
    { numRuns: 20 },
  );
});
