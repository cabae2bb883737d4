import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { type Postgres, startPostgres } from '../../../sandbox/postgres/postgres.ts';

const run = promisify(execFile);
const query = async (url: string | null, sql: string): Promise<string> => {
  if (url === null) throw new Error('there is no such server');
  const { stdout } = await run('psql', ['-X', '-A', '-t', '-q', '-c', sql, url]);
  return stdout.trim();
};
const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

let parent: string;
let postgres: Postgres;
beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), 'sandbox-postgres-'));
  chmodSync(parent, 0o711);
  postgres = await startPostgres({ standby: true, bouncer: true, parent });
});
afterAll(async () => {
  await postgres?.stop();
  rmSync(parent, { recursive: true, force: true });
});

describe('a private PostgreSQL', () => {
  test('gives each test a database of its own, with a role that may not change tables', async () => {
    const [one, other] = await Promise.all([postgres.createDatabase(), postgres.createDatabase()]);
    await query(one.url, 'create table pushes (id int primary key)');
    await query(one.workerUrl, 'insert into pushes values (1)');
    expect(await query(one.url, 'select id from pushes')).toBe('1');
    await expect(query(one.workerUrl, 'drop table pushes')).rejects.toThrow(/must be owner/);
    await expect(query(other.url, 'select id from pushes')).rejects.toThrow(/does not exist/);
    await one.drop();
    await expect(query(one.url, 'select 1')).rejects.toThrow(/does not exist/);
    await other.drop();
  });

  test('has a PgBouncer that keeps no session between transactions', async () => {
    const { bouncerUrl, drop } = await postgres.createDatabase();
    expect(await query(bouncerUrl, 'select 1')).toBe('1');
    expect(await query(bouncerUrl, 'show server_version')).toMatch(/^\d+/);
    await expect(query(bouncerUrl, 'listen changes')).resolves.toBe('');
    await drop();
  });

  test('stands still while it is paused, and goes on afterwards', async () => {
    const { url, drop } = await postgres.createDatabase();
    await postgres.primary.pause();
    const asked = query(`${url}&connect_timeout=2`, 'select 1');
    await expect(asked).rejects.toThrow(/timeout expired/);
    await postgres.primary.resume();
    expect(await query(url, 'select 1')).toBe('1');
    await drop();
  });

  test('keeps what was committed when it is killed and started again', async () => {
    const { url, drop } = await postgres.createDatabase();
    await query(url, 'create table pushes (id int); insert into pushes values (7)');
    await postgres.primary.kill();
    await expect(query(url, 'select 1')).rejects.toThrow(/Connection refused/);
    await postgres.primary.restart();
    expect(await query(url, 'select id from pushes')).toBe('7');
    await drop();
  });
});

describe('its standby', () => {
  test('follows, refuses writes, and takes them once it is promoted', async () => {
    const { url, standbyUrl } = await postgres.createDatabase();
    await query(url, 'create table pushes (id int); insert into pushes values (1)');
    await waitUntil(
      async () => ((await query(standbyUrl, 'select id from pushes')) === '1' ? true : null),
      { what: 'the standby has the row', withinMs: 20_000 },
    );
    const write = 'insert into pushes values (2)';
    await expect(query(standbyUrl, write)).rejects.toThrow(/read-only/);
    await postgres.primary.kill();
    await postgres.promote();
    await query(standbyUrl, write);
    expect(await query(standbyUrl, 'select count(*) from pushes')).toBe('2');
  });

  test('leaves nothing behind, nor does the primary', async () => {
    const pids = [postgres.primary.pid(), postgres.standby?.pid() ?? 0];
    await postgres.stop();
    expect(pids.filter(isAlive)).toEqual([]);
    expect(readdirSync(parent)).toEqual([]);
  });
});
