import { expect, it } from 'vitest';
import { makeService } from '../../../test/support/work/make-service.ts';
import { createRecentList } from './recent-list.ts';

const at = (now: number, monotonic = now) => ({ now, monotonic });
const SERVICES = [makeService()];

it('knows what no service runs, for pushes that came before the list was asked for', () => {
  const list = createRecentList();
  expect(list.lacks('docker.io/acme/other', 0, at(1))).toBe(false);
  list.keep(SERVICES, at(1_000));
  expect(list.lacks('docker.io/acme/other', 999, at(1_001))).toBe(true);
  expect(list.lacks('docker.io/acme/web', 999, at(1_001))).toBe(false);
  expect(list.lacks('docker.io/acme/other', 1_000, at(1_001))).toBe(false);
  expect(list.lacks('docker.io/acme/other', 999, at(11_000))).toBe(false);
});

it('believes no clock that was set back', () => {
  const list = createRecentList();
  list.keep(SERVICES, at(1_000_000, 50));
  expect(list.lacks('docker.io/acme/other', 10, at(20, 60))).toBe(false);
});

it('wants a list of all only where others were of no use a moment ago', () => {
  const list = createRecentList();
  expect(list.isWanted(at(0))).toBe(false);
  list.missed(at(0), 'ci');
  expect([list.isWanted(at(9_999)), list.missedSecret(at(9_999))]).toEqual([true, 'ci']);
  expect([list.isWanted(at(10_000)), list.missedSecret(at(10_000))]).toEqual([false, null]);
});

it('can be switched off', () => {
  const list = createRecentList(false);
  list.missed(at(0), 'ci');
  list.keep(SERVICES, at(1_000));
  expect(list.isWanted(at(1))).toBe(false);
  expect(list.lacks('docker.io/acme/other', 999, at(1_001))).toBe(false);
});
