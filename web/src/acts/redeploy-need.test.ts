import { expect, test } from 'vitest';
import { VERDICT_NAMES } from '../../../src/core/contract/views.ts';
import { makeServiceView } from '../services/make-service-view.ts';
import { redeployNeed } from './redeploy-need.ts';

test.each([
  ['obsolete', null, 'plain'],
  ['unknown', 'unpinned', 'plain'],
  ['unknown', 'not-checked', 'plain'],
  ['unknown', 'rate-limited', 'insist'],
  ['current', null, 'insist'],
  ['held', 'known-bad', 'insist'],
  ['pinned', null, 'impossible'],
  ['excluded', 'label', 'impossible'],
] as const)('%s (%s) is %s', (verdict, reason, kind) => {
  expect(redeployNeed(makeServiceView({ verdict, reason })).kind).toBe(kind);
});

test('whatever must be insisted on says why', () => {
  for (const verdict of VERDICT_NAMES) {
    const need = redeployNeed(makeServiceView({ verdict, reason: 'tag-gone' }));
    if (need.kind !== 'plain') expect(need.why).toMatch(/\.$/);
  }
});
