import { expect, test } from 'vitest';
import { isToBePinned, TO_BE_PINNED, wouldDeploy } from './would-deploy.ts';

test.each([
  [{ verdict: 'obsolete', reason: null }, true, true],
  [{ verdict: 'current', reason: null }, false, false],
  [{ verdict: 'held', reason: 'frozen', detail: 'a freeze stands' }, false, false],
  [{ verdict: 'unknown', reason: 'unpinned' }, false, true],
  [{ verdict: 'unknown', reason: 'unpinned', detail: TO_BE_PINNED }, false, true],
  [{ verdict: 'unknown', reason: 'unpinned', detail: 'a label holds it' }, false, false],
  [{ verdict: 'unknown', reason: 'unreachable', detail: 'no route to it' }, false, false],
] as const)('%j is deployed: %s, with pin: %s', (service, without, withPin) => {
  expect([wouldDeploy(service, false), wouldDeploy(service, true)]).toEqual([without, withPin]);
});

test('only the plan says that one is to be pinned', () => {
  const unpinned = { verdict: 'unknown', reason: 'unpinned' } as const;
  expect(isToBePinned(unpinned)).toBe(false);
  expect(isToBePinned({ ...unpinned, detail: TO_BE_PINNED })).toBe(true);
});
