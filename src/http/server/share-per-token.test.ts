import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { sharePerToken } from './share-per-token.ts';

it('gives each token its places and its queue, and refuses what is more', async () => {
  const share = sharePerToken(1, 2);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const search = (token: string, name: string): Promise<string> =>
    share(token, () => {
      begun.push(name);
      return new Promise((resolve) => ends.set(name, () => resolve(name)));
    });
  const all = ['one', 'two', 'three'].map((name) => search('a', name));
  const other = search('b', 'other');
  await expect(search('a', 'four')).rejects.toMatchObject({ status: 429 });
  expect(begun).toEqual(['one', 'other']);
  ends.get('one')?.();
  await nextTurn();
  expect(begun).toEqual(['one', 'other', 'two']);
  ends.get('two')?.();
  await nextTurn();
  ends.get('three')?.();
  ends.get('other')?.();
  expect(await Promise.all([...all, other])).toEqual(['one', 'two', 'three', 'other']);
  const again = search('a', 'again');
  ends.get('again')?.();
  expect(await again).toBe('again');
});

it('gives the place on also where something fails', async () => {
  const share = sharePerToken(1, 1);
  const broken = share('a', () => Promise.reject(new Error('broken')));
  const next = share('a', () => Promise.resolve('next'));
  await expect(broken).rejects.toThrow('broken');
  expect(await next).toBe('next');
});
