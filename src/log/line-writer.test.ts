import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLineWriter } from './line-writer.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'line-writer-'));
  path = join(folder, 'log');
});
afterEach(() => rmSync(folder, { recursive: true }));

const tellDropped = (lines: number): string => `${lines} dropped\n`;
const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

it('writes the lines of a turn together at its end', async () => {
  const file = openSync(path, 'w');
  const lines = createLineWriter(file, { tellDropped });
  for (const line of ['a\n', 'b\n']) lines.write(line);
  expect(readFileSync(path, 'utf8')).toBe('');
  await nextTurn();
  expect(readFileSync(path, 'utf8')).toBe('a\nb\n');
  lines.write('c\n');
  await nextTurn();
  expect(readFileSync(path, 'utf8')).toBe('a\nb\nc\n');
  closeSync(file);
});

it.each([
  ['ends by itself', ''],
  ['is ended', 'process.exit(3);'],
  ['breaks', 'throw new Error("broken");'],
])('loses no line of a process that %s', (_, end) => {
  const module = new URL('line-writer.ts', import.meta.url).href;
  const script = `import { createLineWriter } from ${JSON.stringify(module)};
    const lines = createLineWriter(1, { tellDropped: String });
    for (let at = 0; at < 2000; at += 1) lines.write(at + '\\n');
    ${end}`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  expect(stdout.split('\n')).toEqual([...Array.from({ length: 2000 }, (_each, at) => `${at}`), '']);
});

/** A pipe whose reading end this process holds and reads on request. */
const openPipe = (): { readonly write: number; readonly read: () => string; close: () => void } => {
  execFileSync('mkfifo', [path]);
  const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;
  const end = openSync(path, O_RDONLY | O_NONBLOCK);
  const write = openSync(path, O_WRONLY);
  return {
    write,
    read: () => {
      const taken: Buffer[] = [];
      const chunk = Buffer.alloc(64 * 1024);
      try {
        for (;;) {
          const length = readSync(end, chunk);
          if (length === 0) break;
          taken.push(Buffer.from(chunk.subarray(0, length)));
        }
      } catch (error) {
        // The pipe is empty now.
        if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      }
      return Buffer.concat(taken).toString();
    },
    close: () => {
      closeSync(end);
      closeSync(write);
    },
  };
};

const PATIENCE = { timeout: 20_000, interval: 5 };
const LINE = `${'x'.repeat(99)}\n`;

describe('a pipe whose reader has stopped', () => {
  it('takes what fits; the rest is kept up to the limit, then dropped, counted and told of', async () => {
    const pipe = openPipe();
    const lines = createLineWriter(pipe.write, { tellDropped, mostBytes: 100_000 });
    for (let at = 0; at < 10_000; at += 1) lines.write(LINE);
    await nextTurn();
    const dropped = lines.dropped();
    expect(dropped).toBeGreaterThan(5_000);
    let text = '';
    const readAll = (): string => {
      text += pipe.read();
      return text;
    };
    await expect.poll(readAll, PATIENCE).toContain('dropped');
    expect(text.split('\n').filter((line) => `${line}\n` === LINE)).toHaveLength(10_000 - dropped);
    expect(text).toContain(`${dropped} dropped\n`);
    lines.write('after\n');
    await expect.poll(readAll, PATIENCE).toContain('after');
    expect(lines.dropped()).toBe(dropped);
    pipe.close();
  });

  it('does not keep the process from its end', () => {
    const module = new URL('line-writer.ts', import.meta.url).href;
    const script = `import { createLineWriter } from ${JSON.stringify(module)};
      const lines = createLineWriter(1, { tellDropped: String });
      for (let at = 0; at < 20000; at += 1) lines.write(${JSON.stringify(LINE)});
      process.exitCode = 4;`;
    // Nothing reads its output, and the pipe stays open until after the process has ended.
    const child = spawnSync(
      'bash',
      [
        '-c',
        `{ "$0" --input-type=module -e "$1"; echo "ended $?" >&2; } | { sleep 3; }`,
        process.execPath,
        script,
      ],
      { encoding: 'utf8', timeout: 30_000 },
    );
    expect(child.stderr).toContain('ended 4');
  });
});

it('a full disk takes nothing, and nothing is thrown', async () => {
  const full = openSync('/dev/full', 'w');
  const lines = createLineWriter(full, { tellDropped, mostBytes: 1_000 });
  for (let at = 0; at < 100; at += 1) lines.write(LINE);
  await nextTurn();
  expect(lines.dropped()).toBe(90);
  closeSync(full);
});
