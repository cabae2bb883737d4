import { expect, test } from 'vitest';
import { toApiProblem } from './api-problem.ts';

test('a problem says its detail and its code', () => {
  const body = JSON.stringify({
    type: 'urn:cd-helper:problem:held',
    title: 'Conflict',
    detail: 'web is held',
    errors: [],
  });
  const problem = toApiProblem(409, body);
  expect(problem).toMatchObject({ status: 409, code: 'held', message: 'web is held' });
  expect(problem.isAway).toBe(false);
});

test('what is wrong in the request is told beside the detail', () => {
  const body = JSON.stringify({ detail: 'not valid', errors: [{ detail: 'reason: too long' }] });
  expect(toApiProblem(400, body).message).toBe('not valid; reason: too long');
});

test.each(['<html>Bad Gateway</html>', '', 'null', '[]', '{"detail":7}'])(
  'an answer of something in between is told by its status: %s',
  (body) => {
    const problem = toApiProblem(502, body, '3');
    expect(problem).toMatchObject({ message: 'the answer was 502', code: null, retryAfter: 3 });
    expect(problem.isAway).toBe(true);
  },
);
