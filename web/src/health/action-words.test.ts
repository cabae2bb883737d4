import { expect, test } from 'vitest';
import { detailWords } from './action-words.ts';

test.each([
  [{}, ''],
  [{ from: `sha256:${'a'.repeat(64)}`, to: null }, 'from aaaaaaaaaaaa'],
  [{ pushes: 2, services: [], pin: false }, 'pushes 2, pin false'],
  [{ services: ['web', 'api'] }, 'services ["web","api"]'],
])('%j is %s', (detail, words) => {
  expect(detailWords(detail)).toBe(words);
});
