import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import {
  type Postgres,
  startPostgres,
  type TestDatabase,
} from '../../../sandbox/postgres/postgres.ts';
import { openPostgresHelper, type PostgresHelper } from '../../support/program/postgres-helper.ts';
import { usePostgres } from '../../support/store/use-postgres.ts';

/** Minutes of failures and their limits: a stage of `./dev test --all`. */
const IS_WANTED = process.env['CD_HELPER_TEST_DATABASE_FAILURES'] === 'on';

const postgres = usePostgres();
let database: TestDatabase;
let stage: PostgresHelper;

/** Lines of the log about the store, by their reason. */
const reasons = (): readonly unknown[] =>
  stage.helper.log
    .filter(({ msg }) => msg.startsWith('the store is not writable'))
    .map(({ reason }) => reason);

/** A hook is refused in time, says when to come again, and the process is well. */
const expectRefused = async (reason: string): Promise<void> => {
  const before = performance.now();
  const answer = await stage.post();
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, expect.any(String)]);
  expect(performance.now() - before).toBeLessThan(20_000);
  await stage.untilStore(reason);
  expect(await stage.probe('/healthz')).toEqual([200, undefined]);
  const lines = reasons().filter((one) => one === reason);
  expect(lines).toHaveLength(1);
  expect(await stage.metric('cd_helper_store_writable')).toBe(0);
  expect(await stage.metric(`cd_helper_store_failures_total{kind="${reason}"}`)).toBeGreaterThan(0);
};

const sql = (text: string, name = database.name): Promise<string> =>
  postgres.server.primary.sql(text, name);

describe.runIf(IS_WANTED)('a server that', () => {
  beforeEach(async () => {
    database = await postgres.server.createDatabase();
    stage = await openPostgresHelper(`${database.url}&poolSize=6`);
  });
  afterEach(async () => {
    const { primary } = postgres.server;
    await primary.resume();
    await stage.close();
    // A test that broke off leaves it killed.
    await primary.sql('select 1').catch(primary.restart);
    await database.drop();
  });

  it('is killed refuses hooks until it is back, and nothing that was accepted is lost', async () => {
    expect((await stage.post()).status).toBe(202);
    await postgres.server.primary.kill();
    await expectRefused('unreachable');
    await postgres.server.primary.restart();
    await stage.untilStore(null);
    expect(await stage.helper.deliveries()).toHaveLength(1);
    await stage.push();
  });

  it('stands still in the middle of a rollout finds it as it is when it goes on', async () => {
    const updated = stage.engine.updates.length;
    const pushed = stage.push();
    await waitUntil(async () => stage.engine.updates.length > updated || null, {
      what: 'the update is sent',
      withinMs: 60_000,
      everyMs: 5,
    });
    await postgres.server.primary.pause();
    // Reads hang as well, so this is not asked by the API.
    await expectRefused('slow').catch(async (error: unknown) => {
      if (!reasons().includes('unreachable')) throw error;
    });
    await postgres.server.primary.resume();
    await pushed.catch(() => {});
    await stage.untilStore(null);
    await waitUntil(
      async () => {
        const [last] = await stage.helper.deployments('?service=web');
        return last?.state === 'succeeded' ? true : null;
      },
      { what: 'the rollout is followed to its end', withinMs: 60_000 },
    );
    expect(stage.engine.updates).toHaveLength(updated + 1);
  });

  it('takes too long for a turn is slow, and connections run out', async () => {
    const held = sql(
      `select pg_advisory_lock(hashtextextended('cd-helper cd_helper', 0)), pg_sleep(30)`,
    ).catch(() => {});
    await waitUntil(
      async () => {
        const sleeping = await sql(
          `select count(*) from pg_stat_activity where query like '%pg_sleep(30)%' and wait_event = 'PgSleep'`,
        );
        return sleeping.trim() === '1' ? true : null;
      },
      { what: 'somebody else has the turn', withinMs: 30_000 },
    );
    await expectRefused('slow');
    await Promise.all(
      Array.from({ length: 8 }, () => stage.helper.get('/deliveries').catch(() => {})),
    );
    await sql(
      `select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(30)%' and pid <> pg_backend_pid()`,
    );
    await held;
    await stage.untilStore(null);
    await stage.push();
  });

  it('takes no writes is told apart', async () => {
    const set = (value: string): Promise<string> =>
      sql(
        `alter database ${database.name} set default_transaction_read_only = ${value}`,
        'postgres',
      );
    await set('on');
    await sql(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database.name}' and pid <> pg_backend_pid()`,
    );
    await expectRefused('read-only');
    await set('off');
    await stage.untilStore(null);
    await stage.push();
  });

  it('lets nobody in any more is told apart', async () => {
    await sql(`alter database ${database.name} allow_connections false`, 'postgres');
    await sql(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database.name}'`,
      'postgres',
    );
    await expectRefused('refused');
    await sql(`alter database ${database.name} allow_connections true`, 'postgres');
    await stage.untilStore(null);
    await stage.push();
  });
});

describe.runIf(IS_WANTED && process.getuid?.() === 0)('a server whose disk is full', () => {
  let parent: string;
  let small: Postgres;
  beforeEach(async () => {
    parent = mkdtempSync(join(tmpdir(), 'postgres-small-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200m', 'tmpfs', parent]);
    chmodSync(parent, 0o711);
    const settings = { max_wal_size: '48MB', min_wal_size: '32MB' };
    small = await startPostgres({ parent, settings });
    stage = await openPostgresHelper((await small.createDatabase()).url);
  });
  afterEach(async () => {
    await stage?.close();
    await small?.stop();
    execFileSync('umount', [parent]);
    rmSync(parent, { recursive: true });
  });

  it('refuses hooks until there is room, and goes on then', async () => {
    await stage.push();
    const filler = join(parent, 'filler');
    const isFull = { what: 'a hook is refused', withinMs: 60_000, everyMs: 10 };
    try {
      writeFileSync(filler, Buffer.alloc(250_000_000));
    } catch {
      // Which is as far as it goes.
    }
    await waitUntil(async () => ((await stage.post()).status === 503 ? true : null), isFull);
    await waitUntil(async () => (reasons().length > 0 ? true : null), isFull);
    expect(['full', 'unreachable']).toContain(reasons()[0]);
    expect(await stage.probe('/healthz')).toEqual([200, undefined]);
    rmSync(filler);
    await stage.untilStore(null);
    expect((await stage.post()).status).toBe(202);
  });
});

describe.runIf(IS_WANTED)('a primary that is gone', () => {
  it('is followed by its standby, and by the helper', async () => {
    const pair = await startPostgres({ standby: true });
    try {
      const { url, standbyUrl } = await pair.createDatabase();
      const second = new URL(standbyUrl ?? '').host;
      // The standby stands first: it is passed over while it takes no writes.
      const both = url.replace(/@[^/]+/, (first) => `@${second},${first.slice(1)}`);
      stage = await openPostgresHelper(both);
      await stage.push();
      await pair.primary.kill();
      await expectRefused('unreachable').catch((error: unknown) => {
        // The standby answers, and takes no writes yet.
        if (!reasons().includes('read-only')) throw error;
      });
      await pair.promote();
      await stage.untilStore(null);
      await stage.push();
    } finally {
      await stage?.close();
      await pair.stop();
    }
  });
});
