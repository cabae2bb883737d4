import { expect, it } from 'vitest';
import { keepLast } from './keep-last.ts';

const reader = () => {
  const bodies: string[] = [];
  const read = keepLast((body) => {
    bodies.push(body.toString().slice(0, 10));
    if (bodies.at(-1) === 'broken') throw new Error('broken');
    return { text: body.toString() };
  });
  return { bodies, read: (text: string) => read(Buffer.from(text)) };
};

it('reads a body that came before once, and gives the very same', () => {
  const { bodies, read } = reader();
  expect(read('one')).toBe(read('one'));
  expect(bodies).toEqual(['one']);
});

it('reads whatever differs in a byte, also where it came before the last', () => {
  const { bodies, read } = reader();
  for (const text of ['one', 'two', 'one', 'onE', 'one ']) expect(read(text)).toEqual({ text });
  expect(bodies).toEqual(['one', 'two', 'one', 'onE', 'one ']);
});

it('keeps nothing of a body that cannot be read', () => {
  const { bodies, read } = reader();
  read('one');
  expect(() => read('broken')).toThrow('broken');
  expect(() => read('broken')).toThrow('broken');
  expect(read('one')).toEqual({ text: 'one' });
  expect(bodies).toEqual(['one', 'broken', 'broken', 'one']);
});

it('keeps nothing that is too large', () => {
  const { bodies, read } = reader();
  const large = 'x'.repeat(16 * 1024 * 1024 + 1);
  expect(read(large)).not.toBe(read(large));
  expect(bodies.length).toBe(2);
});
