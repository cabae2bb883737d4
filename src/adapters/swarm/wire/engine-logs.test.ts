import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanLine, taskLines } from './engine-logs.ts';

const frame = (stream: number, text: string): Buffer => {
  const body = Buffer.from(text);
  const head = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body]);
};
const prefix = (task: string): string =>
  `com.docker.swarm.node.id=n1,com.docker.swarm.service.id=s1,com.docker.swarm.task.id=${task} `;
const line = (task: string, text: string, stream = 1): Buffer =>
  frame(stream, `${prefix(task)}${text}\n`);

describe('the log lines of a task', () => {
  it('are its own, of both streams, in their order, and the last ones', () => {
    const stream = Buffer.concat([
      line('t1', 'one'),
      line('t2', 'not mine'),
      line('t1', 'two', 2),
      line('t1', 'three'),
      line('t10', 'not mine either'),
    ]);
    expect(taskLines(stream, 't1', 20)).toEqual(['one', 'two', 'three']);
    expect(taskLines(stream, 't1', 2)).toEqual(['two', 'three']);
    expect(taskLines(stream, 't1', 0)).toEqual([]);
  });

  it('are read from a stream without frames too, as terminals give it', () => {
    const stream = Buffer.from(`${prefix('t1')}one\r\n${prefix('t1')}two\r\n`);
    expect(taskLines(stream, 't1', 20)).toEqual(['one', 'two']);
  });

  it("lose a frame that was cut off, and the engine's own error frames stop nothing", () => {
    const cut = line('t1', 'cut off').subarray(0, -3);
    expect(taskLines(Buffer.concat([line('t1', 'one'), cut]), 't1', 20)).toEqual(['one']);
    const error = frame(3, 'Error grabbing logs: no such container');
    expect(
      taskLines(Buffer.concat([line('t1', 'one'), error, line('t1', 'two')]), 't1', 20),
    ).toEqual(['one', 'two']);
  });

  it('are survived, whatever the stream is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(30), (bytes, lines) => {
        expect(taskLines(Buffer.from(bytes), 't1', lines).length).toBeLessThanOrEqual(lines);
      }),
    );
  });
});

describe('a clean line', () => {
  it.each([
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u001b]0;title\u0007text', 'text'],
    ['a\u0000b\u0007c\rd', 'abcd'],
    ['tab\tkept', 'tab\tkept'],
    ['\u202egnp.exe', 'gnp.exe'],
    ['\u009b31mx', '31mx'],
  ])('%j is %j', (dirty, clean) => {
    expect(cleanLine(dirty)).toBe(clean);
  });

  it('has no control character and an end, whatever came', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 5000 }), (text) => {
        const clean = cleanLine(text);
        // oxlint-disable-next-line no-control-regex
        expect(clean).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/);
        expect(clean.length).toBeLessThanOrEqual(2000);
      }),
    );
  });
});
