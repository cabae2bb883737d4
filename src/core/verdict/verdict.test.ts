import { expect, it } from 'vitest';
import { digestOfChar } from '../../../test/support/work/make-service.ts';
import { type Hold, OCI_ADVICE, type Verdict, verdictDetail } from './verdict.ts';

const held = (hold: Hold): Verdict => ({
  verdict: 'held',
  hold,
  from: digestOfChar('a'),
  to: digestOfChar('b'),
});
const since = '2026-11-20T02:51:17.000Z';

it.each<[Verdict, string | null]>([
  [{ verdict: 'current' }, null],
  [{ verdict: 'excluded', reason: 'label' }, null],
  [{ verdict: 'unknown', reason: 'not-checked', detail: null }, null],
  // As an older store kept it, without a detail.
  [{ verdict: 'unknown', reason: 'unreachable', detail: '' }, null],
  [{ verdict: 'unknown', reason: 'unreachable', detail: 'no route to it' }, 'no route to it'],
  [
    held({ kind: 'known-bad', since, deployment: null }),
    `the published digest failed on this service at ${since}`,
  ],
  [
    held({ kind: 'left-by-person', since, deployment: null }),
    `a person rolled back from the published digest, or while it was published, at ${since}`,
  ],
  [held({ kind: 'frozen', reason: 'sale', until: null }), 'frozen until it is lifted: sale'],
  [held({ kind: 'frozen', reason: 'sale', until: since }), `frozen until ${since}: sale`],
  [
    held({ kind: 'unsupported-label', label: 'cd-helper.window=night' }),
    'the label cd-helper.window=night is not supported',
  ],
  [held({ kind: 'swarmpit-cannot-pull' }), OCI_ADVICE],
])('%j in words', (verdict, words) => {
  expect(verdictDetail(verdict)).toBe(words);
});
