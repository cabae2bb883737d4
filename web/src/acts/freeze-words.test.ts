import { expect, test } from 'vitest';
import { isFrozenBy, scopeWords } from './freeze-words.ts';

const web = { cluster: 'production', stack: 'shop', name: 'shop_web', id: 'x8' };

test.each([
  [null, null, null, 'everything on every cluster', true],
  ['production', null, null, 'everything on production', true],
  ['qa', null, null, 'everything on qa', false],
  ['production', 'shop', null, 'stack shop on production', true],
  [null, 'other', null, 'stack other on every cluster', false],
  ['production', null, 'shop_web', 'service shop_web on production', true],
  [null, null, 'x8', 'service x8 on every cluster', true],
  [null, 'shop', 'shop_api', 'service shop_api of stack shop on every cluster', false],
])('%s/%s/%s is %s', (cluster, stack, service, words, isFrozen) => {
  expect(scopeWords({ cluster, stack, service })).toBe(words);
  expect(isFrozenBy({ cluster, stack, service }, web)).toBe(isFrozen);
});
