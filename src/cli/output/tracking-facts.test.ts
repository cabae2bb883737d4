import { expect, test } from 'vitest';
import { serviceOf } from '../../../test/support/http/api-samples.ts';
import type { TrackingView } from '../../core/policy/tracking.ts';
import { trackingFacts } from './tracking-facts.ts';

const TRACKING: TrackingView = {
  policy: 'semver:1.x',
  newest: 'v1.4.2',
  next: 'v1.4.2',
  whyNot: 'it failed',
  tags: null,
  ran: null,
};
const facts = (change: Partial<TrackingView>) =>
  trackingFacts(
    serviceOf({
      name: 'web',
      image: 'docker.io/acme/web:v1.3.0',
      tracking: { ...TRACKING, ...change },
    }),
  ).filter(([, text]) => text !== '');

test('says nothing of a service that follows no tags', () => {
  expect(trackingFacts(serviceOf({ name: 'web' }))).toEqual([]);
});

test('says what is tracked, the newest seen, what would be next, and why not now', () => {
  expect(facts({})).toEqual([
    ['tracks', 'semver:1.x, newest seen v1.4.2'],
    ['next', 'v1.4.2: it failed'],
  ]);
  expect(facts({ newest: null, next: null, whyNot: null })).toEqual([
    ['tracks', 'semver:1.x'],
    ['next', 'none'],
  ]);
});

test('says what ran before somebody put it back', () => {
  const ran = { tag: 'v1.4.2', since: '2026-11-01T08:00:00Z', until: '2026-11-02T09:00:00Z' };
  expect(facts({ ran }).at(-1)).toEqual([
    'put back',
    'stack file says v1.3.0, ran v1.4.2 since 2026-11-01T08:00:00Z until it was put back at 2026-11-02T09:00:00Z',
  ]);
});
