import { expect, test } from 'vitest';
import { HAPPENINGS, parseHappening } from './happening.ts';

test('a deployment says which service it moves and how it stands', () => {
  const data = { id: 'd1', service: { id: 'x8', name: 'web' }, state: 'verifying' };
  expect(parseHappening('deployment', JSON.stringify(data))).toEqual({
    type: 'deployment',
    id: 'd1',
    service: 'web',
    state: 'verifying',
  });
});

test.each(HAPPENINGS)('%s that cannot be read is a hint all the same', (type) => {
  for (const data of ['', 'null', '[1]', '{"id":7,"service":"web"}', '{'])
    expect(parseHappening(type, data).type).toBe(type);
});
