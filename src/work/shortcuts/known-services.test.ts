import { expect, it } from 'vitest';
import { createKnownServices } from './known-services.ts';

it('knows what a repository was last seen at', () => {
  const known = createKnownServices();
  expect(known.of('acme/web')).toEqual([]);
  known.learn('acme/web', ['a', 'b']);
  expect(known.of('acme/web')).toEqual(['a', 'b']);
  expect(known.of('acme/other')).toEqual([]);
  known.learn('acme/web', ['b']);
  expect(known.of('acme/web')).toEqual(['b']);
  known.learn('acme/web', []);
  expect(known.of('acme/web')).toEqual([]);
});

it('names none where one by one would take longer than all at once', () => {
  const known = createKnownServices();
  known.learn('acme/web', ['a']);
  known.learn(
    'acme/web',
    Array.from({ length: 9 }, (_, index) => `s${index}`),
  );
  expect(known.of('acme/web')).toEqual([]);
});

it('forgets what was seen longest ago', () => {
  const known = createKnownServices();
  for (let index = 0; index <= 10_000; index += 1) known.learn(`r${index}`, ['a']);
  expect(known.of('r0')).toEqual([]);
  expect(known.of('r1')).toEqual(['a']);
});
