import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '../sandbox/postgres/postgres.ts';
import { waitUntil } from '../sandbox/machine/wait-until.ts';
import { startFakeEngine } from '../test/support/fake-engine/fake-engine.ts';
import { type RunningHelper, startHelper } from '../test/support/program/start-helper.ts';

/*
 * How many queries idle helpers send to their PostgreSQL: `node bench/idle-queries.ts [--seconds 60] [--top 12]`. The
 * first instance works, the others wait for its leases. Exits with 1 if an instance sends more than the documented
 * number.
 */

const INSTANCES = 3;
/** Statements per minute for each instance; see docs/guide/high-availability.md. `begin` and the like count too. */
const MOST = 600;
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    top: { type: 'string', default: '12' },
  },
});
const seconds = Number(values.seconds);

const folder = mkdtempSync(join(tmpdir(), 'idle-queries-'));
const postgres = await startPostgres({
  settings: { shared_preload_libraries: 'pg_stat_statements' },
});
const engine = await startFakeEngine();
const { url: store, name: database } = await postgres.createDatabase();
await postgres.primary.sql('create extension pg_stat_statements', database);
const OF_HELPERS = `from pg_stat_statements
  where userid = 'cd_owner'::regrole and dbid = (select oid from pg_database where datname = current_database())`;

const count = async (): Promise<{ statements: number; commits: number; connections: number }> => {
  const row = await postgres.primary.sql(
    `select coalesce((select sum(calls) ${OF_HELPERS}), 0), xact_commit,
       (select count(*) from pg_stat_activity where usename = 'cd_owner')
     from pg_stat_database where datname = current_database()`,
    database,
  );
  const [statements = 0, commits = 0, connections = 0] = row.split('|').map(Number);
  return { statements, commits, connections };
};

const helpers: RunningHelper[] = [];
try {
  let before = 0;
  for (let number = 1; number <= INSTANCES; number += 1) {
    helpers.push(
      await startHelper({
        store: join(folder, `helper-${number}`),
        env: { CD_HELPER_STORE: store },
        config: { clusters: [{ name: 'production', type: 'engine', url: engine.url }] },
      }),
    );
    const [first] = helpers;
    await waitUntil(
      async () => {
        const { items } = (await first?.get<{ items: unknown[] }>('/instances')) ?? { items: [] };
        return items.length === number || null;
      },
      { what: 'all are there', withinMs: 30_000 },
    );
    // By then, the work of the start is done.
    await new Promise((resolve) => void setTimeout(resolve, 10_000));
    await postgres.primary.sql('select pg_stat_statements_reset()', database);
    const from = await count();
    await new Promise((resolve) => void setTimeout(resolve, seconds * 1_000));
    const to = await count();
    const perMinute = (to.statements / seconds) * 60;
    const commits = ((to.commits - from.commits) / seconds) * 60;
    const own = perMinute - before;
    before = perMinute;
    process.stdout.write(
      `${number} idle: ${perMinute.toFixed(0)} statements and ${commits.toFixed(0)} transactions a minute, ${own.toFixed(0)} statements of the last one; ${to.connections} connections\n`,
    );
    if (perMinute > MOST * number) process.exitCode = 1;
    if (number === 1 || number === INSTANCES) {
      const top = `select round(calls * 60.0 / ${seconds}), left(regexp_replace(query, '\\s+', ' ', 'g'), 100)
        ${OF_HELPERS} order by calls desc limit ${Number(values.top)}`;
      process.stdout.write(`${await postgres.primary.sql(top, database)}\n`);
    }
  }
} finally {
  await Promise.all(helpers.map((helper) => helper.kill()));
  await engine.close();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
