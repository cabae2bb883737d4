import { expect, it } from 'vitest';
import { createPlaces } from './places.ts';

const never = new AbortController().signal;

/** Takes a place and records when it gets one. */
const taker =
  (places: ReturnType<typeof createPlaces>, came: string[]) =>
  async (name: string, signal: AbortSignal = never): Promise<void> => {
    await places.take(signal);
    came.push(name);
  };

const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

it('lets so many in at a time, in the order in which they came', async () => {
  const came: string[] = [];
  const places = createPlaces(2);
  const take = taker(places, came);
  for (const name of ['a', 'b', 'c', 'd']) void take(name);
  await settled();
  expect(came).toEqual(['a', 'b']);
  places.giveBack();
  await settled();
  expect(came).toEqual(['a', 'b', 'c']);
  places.giveBack();
  places.giveBack();
  places.giveBack();
  await settled();
  expect(came).toEqual(['a', 'b', 'c', 'd']);
});

it('gives a place that came back to who waits, and not to who comes next', async () => {
  const came: string[] = [];
  const places = createPlaces(1);
  const take = taker(places, came);
  void take('a');
  void take('b');
  await settled();
  places.giveBack();
  void take('c');
  await settled();
  expect(came).toEqual(['a', 'b']);
});

it('lets go all who wait with a signal that is aborted, and nobody else', async () => {
  const came: string[] = [];
  const places = createPlaces(1);
  const take = taker(places, came);
  const leaving = new AbortController();
  await take('a');
  const gone = ['b', 'c'].map((name) => take(name, leaving.signal));
  const stays = take('d');
  leaving.abort(new Error('nobody waits any more'));
  for (const one of gone) await expect(one).rejects.toThrow('nobody waits any more');
  places.giveBack();
  await stays;
  expect(came).toEqual(['a', 'd']);
});

it('takes nobody whose signal is aborted already', async () => {
  const places = createPlaces(1);
  await expect(places.take(AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
  await places.take(never);
});

it('gives the place on that somebody got and left in the same instant', async () => {
  const came: string[] = [];
  const places = createPlaces(1);
  const take = taker(places, came);
  const leaving = new AbortController();
  await take('a');
  const late = take('b', leaving.signal);
  void take('c');
  places.giveBack();
  leaving.abort(new Error('nobody waits any more'));
  await late.finally(() => places.giveBack());
  await settled();
  expect(came).toEqual(['a', 'b', 'c']);
});
