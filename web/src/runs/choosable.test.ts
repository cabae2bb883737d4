import { expect, test } from 'vitest';
import { makeServiceView } from '../services/make-service-view.ts';
import { inRunOrder, isDeployable } from './choosable.ts';

test.each([
  ['obsolete', null, false, true],
  ['unknown', 'unpinned', false, false],
  ['unknown', 'unpinned', true, true],
  ['unknown', 'unreachable', true, false],
  ['held', 'frozen', true, false],
  ['current', null, true, false],
] as const)('%s (%s), pin %s: %s', (verdict, reason, pin, is) => {
  expect(isDeployable(makeServiceView({ verdict, reason }), pin)).toBe(is);
});

test('what would be deployed comes first', () => {
  const services = [
    makeServiceView({ name: 'a' }),
    makeServiceView({ name: 'b', verdict: 'unknown' }),
    makeServiceView({ name: 'd', verdict: 'obsolete' }),
    makeServiceView({ name: 'c', verdict: 'obsolete' }),
  ];
  expect(inRunOrder(services).map(({ name }) => name)).toEqual(['c', 'd', 'b', 'a']);
});
