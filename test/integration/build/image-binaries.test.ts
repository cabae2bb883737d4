import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { copyStripped } from '../../../deploy/strip-binary.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'image-binaries-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

it('a program and a library that were stripped are smaller and run', () => {
  const node = join(folder, 'node');
  copyStripped(process.execPath, node);
  expect(statSync(node).size).toBeLessThan(statSync(process.execPath).size);
  const sqlite = join(import.meta.dirname, '../../../node_modules/better-sqlite3');
  const chooser = join(sqlite, 'lib/binding.js');
  const { getPrebuildPath } = createRequire(import.meta.url)(chooser) as {
    getPrebuildPath: () => string;
  };
  const library = join(folder, 'sqlite.node');
  copyStripped(getPrebuildPath(), library);
  expect(statSync(library).size).toBeLessThan(statSync(getPrebuildPath()).size);
  const script = `
    const Database = require(${JSON.stringify(sqlite)});
    const store = new Database(':memory:', { nativeBinding: ${JSON.stringify(library)} });
    console.log(store.prepare("select 'ran' as word").get().word, process.version);
  `;
  const said = execFileSync(node, ['-e', script], { encoding: 'utf8' });
  expect(said).toBe(`ran ${process.version}\n`);
});

it('what is no such file is refused', () => {
  const text = join(folder, 'text');
  writeFileSync(text, 'no program at all');
  expect(() => copyStripped(text, join(folder, 'out'))).toThrow(/expected a 64-bit/);
});
