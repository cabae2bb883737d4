import { expect, test } from 'vitest';
import { makeServiceView } from './make-service-view.ts';
import { nextSort, parseSort, serviceLines } from './service-lines.ts';

test('groups have a line of their own, sorted lines have none', () => {
  const services = [
    makeServiceView({ id: 'b', name: 'b' }),
    makeServiceView({ id: 'a', name: 'a' }),
  ];
  expect(serviceLines(services, null).map(({ kind }) => kind)).toEqual(['group', 'row', 'row']);
  const sorted = serviceLines(services, { by: 'service', descending: true });
  expect(sorted.map(({ key }) => key)).toEqual(['default/b', 'default/a']);
});

test('a title sorts one way, the other way, and no more', () => {
  const first = nextSort(null, 'image');
  const second = nextSort(parseSort(first ?? ''), 'image');
  const third = nextSort(parseSort(second ?? ''), 'image');
  expect([first, second, third]).toEqual(['image', '-image', null]);
  expect(nextSort(parseSort('-image'), 'since')).toBe('since');
});
