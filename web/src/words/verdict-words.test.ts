import { expect, test } from 'vitest';
import { VERDICT_NAMES } from '../../../src/core/views.ts';
import { makeServiceView } from '../services/make-service-view.ts';
import { briefReason, explainVerdict, reasonWords, verdictLook } from './verdict-words.ts';

test('every verdict has a shape of its own', () => {
  const shapes = VERDICT_NAMES.map((verdict) => verdictLook(verdict).icon);
  expect(new Set(shapes).size).toBe(VERDICT_NAMES.length);
});

test.each([
  ['known-bad', 'this digest failed here', 'the published digest has failed on this service'],
  [
    'unsupported-label: cd-helper.window',
    'a label: cd-helper.window',
    'a label asks for something that is not supported: cd-helper.window',
  ],
  ['some-newer-reason', 'some newer reason', 'some newer reason'],
])('%s is %s, or %s', (reason, brief, words) => {
  expect(briefReason(reason)).toBe(brief);
  expect(reasonWords(reason)).toBe(words);
});

test('a verdict is explained in one sentence', () => {
  expect(explainVerdict(makeServiceView({ verdict: 'unknown', reason: 'tag-gone' }))).toBe(
    'It cannot be told whether the published digest runs: the registry does not have this tag.',
  );
});
