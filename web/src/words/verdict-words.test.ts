import { expect, test } from 'vitest';
import { VERDICT_NAMES } from '../../../src/core/contract/views.ts';
import { makeServiceView } from '../services/make-service-view.ts';
import {
  briefReason,
  explainVerdict,
  verdictAdvice,
  reasonWords,
  verdictLook,
} from './verdict-words.ts';

test('every verdict has a shape of its own', () => {
  const shapes = VERDICT_NAMES.map((verdict) => verdictLook(verdict).icon);
  expect(new Set(shapes).size).toBe(VERDICT_NAMES.length);
});

test.each([
  [
    { verdict: 'held', reason: 'known-bad', detail: 'when it failed' },
    'this digest failed here',
    'the published digest has failed on this service',
  ],
  [
    { verdict: 'held', reason: 'unsupported-label', detail: 'the label cd-helper.window=x asks' },
    'a label',
    'the label cd-helper.window=x asks',
  ],
  [{ verdict: 'held', reason: 'unsupported-label' }, 'a label', 'a label is not supported'],
  [
    { verdict: 'unknown', reason: 'unpinned', detail: 'deployed, it is pinned', plan: 'deploy' },
    'would be deployed',
    'the service was deployed without a digest, so nothing can be compared (deployed, it is pinned)',
  ],
  [
    { verdict: 'diverged', reason: 'nothing-runs' },
    'nothing runs',
    'the service should have tasks, but none is running',
  ],
  [
    { verdict: 'held', reason: 'no-fitting-node', detail: 'it is for linux/arm64' },
    'no node can run it',
    'it is for linux/arm64',
  ],
  [{ verdict: 'held', reason: 'some-newer-reason' }, 'some newer reason', 'some newer reason'],
  [{ verdict: 'current', reason: null }, '', ''],
] as const)('%j is %s, or %s', (service, brief, words) => {
  expect(briefReason(makeServiceView(service))).toBe(brief);
  expect(reasonWords(service)).toBe(words);
});

test.each([
  [{ verdict: 'current' }, 'Every running task has the published digest.'],
  [
    { verdict: 'unknown', reason: 'tag-gone' },
    'It could not be determined whether the published digest runs: the registry does not have this tag.',
  ],
  [
    { verdict: 'unknown', reason: 'unreachable', detail: 'no route to it' },
    'It could not be determined whether the published digest runs: the registry cannot be reached (no route to it).',
  ],
  [
    { verdict: 'held', reason: 'frozen', detail: 'until it is lifted: sale' },
    'Another digest is published, but it is not deployed: there is a freeze.',
  ],
  [
    { verdict: 'held', reason: 'known-bad', detail: 'when it failed' },
    'Another digest is published, but it is not deployed: the published digest has failed on this service.',
  ],
] as const)('%j is explained in one sentence', (service, words) => {
  expect(explainVerdict(makeServiceView(service))).toBe(words);
});

test.each([
  ['held', 'known-bad', 'Publish a fix, or release the service to deploy this digest again.'],
  ['held', 'left-by-person', 'Publish a fix, or release the service to deploy this digest again.'],
  ['held', 'frozen', ''],
  ['unknown', 'tag-gone', ''],
  ['current', null, ''],
] as const)('%s %s: %s', (verdict, reason, advice) => {
  expect(verdictAdvice({ verdict, reason })).toBe(advice);
});
