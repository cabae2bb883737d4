import { expect, test } from 'vitest';
import { makeServiceView } from '../services/make-service-view.ts';
import { inRunOrder } from './choosable.ts';

test('what would be deployed comes first', () => {
  const services = [
    makeServiceView({ name: 'a' }),
    makeServiceView({ name: 'b', verdict: 'unknown' }),
    makeServiceView({ name: 'd', verdict: 'obsolete' }),
    makeServiceView({ name: 'c', verdict: 'obsolete' }),
  ];
  expect(inRunOrder(services).map(({ name }) => name)).toEqual(['c', 'd', 'b', 'a']);
});
