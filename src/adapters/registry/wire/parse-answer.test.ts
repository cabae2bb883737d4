import { expect, it } from 'vitest';
import { parseAnswer } from './parse-answer.ts';
import { parseManifestDocument } from '../read/manifest-document.ts';

const nested = (depth: number): Buffer =>
  Buffer.from(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);

it('reads what is nested as far as any registry goes, and nothing deeper', () => {
  expect(parseAnswer(Buffer.from('{"token":"[[[[x"}'))).toEqual({ token: '[[[[x' });
  expect(() => parseAnswer(nested(64))).not.toThrow();
  expect(() => parseAnswer(nested(65))).toThrow(SyntaxError);
  expect(() => parseAnswer(Buffer.from('['.repeat(1_000_000)))).toThrow(SyntaxError);
});

it('takes a manifest that is nested too deep for no manifest', () => {
  expect(parseManifestDocument(nested(5_000))).toEqual({
    ok: false,
    problem: 'something that is not JSON',
  });
});
