import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { saveNewFile } from './save-new-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'save-new-file-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function* chunks(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

test('a new file is for its owner alone, and whole', async () => {
  const seen: number[] = [];
  const path = join(folder, 'file');
  const size = await saveNewFile(
    path,
    async () => chunks('one', 'two!'),
    (bytes) => seen.push(bytes),
  );
  expect([size, seen]).toEqual([7, [3, 7]]);
  expect(readFileSync(path, 'utf8')).toBe('onetwo!');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['file']);
});

test('a file that is there stays, and nothing is read for it', async () => {
  const path = join(folder, 'file');
  writeFileSync(path, 'mine');
  let reads = 0;
  const saving = saveNewFile(path, async () => {
    reads += 1;
    return chunks('other');
  });
  await expect(saving).rejects.toMatchObject({ code: 'EEXIST' });
  expect([readFileSync(path, 'utf8'), reads]).toEqual(['mine', 0]);
});

test('one that comes to be there meanwhile stays too', async () => {
  const path = join(folder, 'file');
  const saving = saveNewFile(path, async () => {
    writeFileSync(path, 'mine');
    return chunks('other');
  });
  await expect(saving).rejects.toMatchObject({ code: 'EEXIST' });
  expect(readFileSync(path, 'utf8')).toBe('mine');
  expect(readdirSync(folder)).toEqual(['file']);
});

test('what breaks off leaves nothing', async () => {
  const saving = saveNewFile(join(folder, 'file'), async () =>
    (async function* broken() {
      yield Buffer.from('half');
      throw new Error('gone');
    })(),
  );
  await expect(saving).rejects.toThrow('gone');
  expect(readdirSync(folder)).toEqual([]);
});
