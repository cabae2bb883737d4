import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { gatherLines } from './gather-lines.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gather-lines-'));
  path = join(folder, 'log');
});
afterEach(() => rmSync(folder, { recursive: true }));

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

it('writes the lines of a turn together at its end', async () => {
  const file = openSync(path, 'w');
  const lines = gatherLines(file);
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
  const module = new URL('gather-lines.ts', import.meta.url).href;
  const script = `import { gatherLines } from ${JSON.stringify(module)};
    const lines = gatherLines(1);
    for (let at = 0; at < 2000; at += 1) lines.write(at + '\\n');
    ${end}`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  expect(stdout.split('\n')).toEqual([...Array.from({ length: 2000 }, (_each, at) => `${at}`), '']);
});
