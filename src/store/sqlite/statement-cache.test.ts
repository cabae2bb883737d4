import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { withStatementCache } from './statement-cache.ts';

let database: Database.Database;
beforeEach(() => {
  database = new Database(':memory:');
  database.exec('create table t (a integer)');
});
afterEach(() => database.close());

it('makes a statement once, which runs with other values each time', () => {
  const prepare = vi.spyOn(database, 'prepare');
  const cached = withStatementCache(database);
  for (const value of [1, 2, 3]) cached.prepare('insert into t values (?)').run([value]);
  expect(cached.prepare('select a from t').all([])).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
  expect(prepare).toHaveBeenCalledTimes(2);
});

it('gives a changed table as it is now', () => {
  const cached = withStatementCache(database);
  cached.prepare('insert into t values (1)').run([]);
  expect(cached.prepare('select * from t').all([])).toEqual([{ a: 1 }]);
  database.exec('alter table t add column b text');
  expect(cached.prepare('select * from t').all([])).toEqual([{ a: 1, b: null }]);
});

it('makes pragmas anew, as they may take effect while they are made', () => {
  const cached = withStatementCache(database);
  for (const [text, level] of [
    ['pragma synchronous = normal', 1],
    ['pragma synchronous = full', 2],
    ['pragma synchronous = normal', 1],
  ] as const) {
    cached.prepare(text).run([]);
    expect(database.pragma('synchronous', { simple: true })).toBe(level);
  }
});

it('keeps a bounded number', () => {
  const prepare = vi.spyOn(database, 'prepare');
  const cached = withStatementCache(database);
  for (let count = 0; count < 2_000; count += 1) cached.prepare(`select ${count}`);
  cached.prepare('select 1999');
  expect(prepare).toHaveBeenCalledTimes(2_000);
  cached.prepare('select 0');
  expect(prepare).toHaveBeenCalledTimes(2_001);
});

it('rolls back once: what SQLite rolled back automatically is left alone', () => {
  const cached = withStatementCache(database);
  cached.prepare('begin').run([]);
  cached.prepare('insert into t values (1)').run([]);
  cached.prepare('rollback').run([]);
  // As when the disk was full: no transaction is open, and the earlier error gives the reason.
  expect(() => cached.prepare('rollback').all([])).not.toThrow();
  expect(cached.prepare('select a from t').all([])).toEqual([]);
});
