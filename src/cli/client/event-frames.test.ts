import { array, assert, nat, property } from 'fast-check';
import { expect, it } from 'vitest';
import { createEventFrames } from './event-frames.ts';

const STREAM =
  'retry: 2000\n\nid: p-1\nevent: reset\ndata: {}\n\n: beat\n\nid: p-2\nevent: deployment\ndata: {"id":"x"}\n\nid: p-3\r\nevent: step\r\ndata: {}\r\n\r\n';
const EVENTS = [
  { id: 'p-1', type: 'reset' },
  { id: 'p-2', type: 'deployment' },
  { id: 'p-3', type: 'step' },
];

it('takes events out of a stream, wherever it is cut', () => {
  assert(
    property(array(nat(STREAM.length), { maxLength: 10 }), (cuts) => {
      const at = [0, ...cuts.toSorted((x, y) => x - y), STREAM.length];
      const frames = createEventFrames();
      const pieces = at.slice(1).map((end, index) => STREAM.slice(at[index], end));
      expect(pieces.flatMap((piece) => frames.take(piece))).toEqual(EVENTS);
    }),
  );
});

it('does not gather an event without an end', () => {
  const frames = createEventFrames();
  expect(() => frames.take(`data: ${'x'.repeat(70_000)}`)).toThrow('without an end');
});
