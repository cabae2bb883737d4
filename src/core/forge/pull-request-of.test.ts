import { expect, it } from 'vitest';
import { pullRequestOf } from './pull-request-of.ts';

it.each([
  ['pr-177', 177],
  ['pr-177-982c388', 177],
  ['mr-9_982c388', 9],
])('%s is of pull request %i', (tag, number) => {
  expect(pullRequestOf(tag)).toBe(number);
});

it.each(['v1.3.0', 'main', 'pr-', 'pr-0', 'pr-177a', 'spr-177', 'pr-12345678901', 'PR-177'])(
  '%s is of none',
  (tag) => {
    expect(pullRequestOf(tag)).toBeNull();
  },
);
