import { expect, test } from 'vitest';
import { isToBePinned, wouldDeploy } from './would-deploy.ts';

test.each([
  [{ verdict: 'obsolete', reason: null, plan: 'deploy' }, true, true],
  [{ verdict: 'current', reason: null, plan: 'leave' }, false, false],
  [{ verdict: 'waiting', reason: 'min-age', plan: 'wait' }, false, false],
  [{ verdict: 'held', reason: 'frozen', detail: 'frozen', plan: 'leave' }, false, false],
  [{ verdict: 'unknown', reason: 'unpinned', plan: 'leave' }, false, true],
  [{ verdict: 'unknown', reason: 'unpinned', detail: 'pins it', plan: 'deploy' }, true, true],
  [{ verdict: 'unknown', reason: 'unpinned', detail: 'a label', plan: 'leave' }, false, false],
  [{ verdict: 'unknown', reason: 'unreachable', detail: 'no route', plan: 'leave' }, false, false],
] as const)('%j is deployed: %s, with pin: %s', (service, without, withPin) => {
  expect([wouldDeploy(service, false), wouldDeploy(service, true)]).toEqual([without, withPin]);
});

test('only the plan of a run that pins says that one is to be pinned', () => {
  expect(isToBePinned({ verdict: 'unknown', plan: 'leave' })).toBe(false);
  expect(isToBePinned({ verdict: 'unknown', plan: 'deploy' })).toBe(true);
  expect(isToBePinned({ verdict: 'obsolete', plan: 'deploy' })).toBe(false);
});
