import { expect, test } from 'vitest';
import { readCapturedHook } from './captured-hook.ts';

test.each([
  ['a body alone', '\n {"a":1}\n', []],
  ['a request', 'POST /hooks/x HTTP/1.1\r\nX-Event: push\r\n\r\n{"a":1}', ['x-event']],
  ['a request with bare newlines', 'POST / HTTP/1.1\nX-Event: push\n\n{"a":\n\n1}', ['x-event']],
])('%s', (_, text, headers) => {
  const read = readCapturedHook(text, []);
  expect(read.ok && read.delivery.body).toEqual({ a: 1 });
  expect(read.ok && Object.keys(read.delivery.headers)).toEqual(headers);
});

test('headers may be given beside the body', () => {
  const read = readCapturedHook('{}', ['X-GitHub-Event: package']);
  expect(read.ok && read.delivery.headers).toEqual({ 'x-github-event': 'package' });
});

test.each(['', 'hello', '{"a":', 'A: b\n\nhello'])('%j is none', (text) => {
  expect(readCapturedHook(text, []).ok).toBe(false);
});
