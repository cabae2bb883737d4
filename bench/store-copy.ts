import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { startPostgres } from '../sandbox/postgres/postgres.ts';
import { backUp } from '../src/store/copy/back-up.ts';
import { copyStore, restoreStore } from '../src/store/copy/copy-store.ts';
import { openPostgresStore } from '../src/store/postgres/open-store.ts';
import { readPostgresStore } from '../src/store/postgres/read-store.ts';
import { openStore } from '../src/store/sqlite/open-store.ts';
import { readStoreFile } from '../src/store/sqlite/read-file.ts';
import { postgresSetting } from '../test/support/store/postgres-setting.ts';

/*
 * How long it takes to copy a big store from SQLite to PostgreSQL and back, to back it up and to restore it: `node
 * bench/store-copy.ts [DELIVERIES] [DEPLOYMENTS]`.
 */

const [, , deliveries = '100000', deployments = '20000'] = process.argv;
const BODY = JSON.stringify({ push: 'x'.repeat(600) });

/** A store after some months: one push per delivery, five steps per deployment. */
const fill = (file: string): void => {
  const database = new Database(file);
  const numbers = (count: string): string =>
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${Number(count)})`;
  database.exec(`begin;
    insert into deliveries ${numbers(deliveries)}
      select printf('d%09d', i), i, 'docker-hub', 'main', '192.0.2.1', 202, null, null, '{}', '${BODY}', '[]', 1 from n;
    insert into pushes (id, delivery_id, name, tag, digest, received_at) ${numbers(deliveries)}
      select i, printf('d%09d', i), 'docker.io/acme/web', 'v1', null, i from n;
    insert into push_results (push_id, cluster, name, state, outcome, detail, ended_at) ${numbers(deliveries)}
      select i, 'default', 'docker.io/acme/web', 'done', 'deployed', null, i from n;
    insert into deployments (id, cluster, service_id, service_name, name, tag, cause, state, queued_at, ended_at, run_at, attempts)
      ${numbers(deployments)}
      select printf('p%09d', i), 'default', 's' || (i % 50), 'web', 'docker.io/acme/web', 'v1', 'digest-differs', 'succeeded', i, i, i, 1 from n;
    insert into deployment_steps (deployment_id, at, step, detail) ${numbers(deployments)}
      select printf('p%09d', i), i, value, '{}' from n, json_each('["queued","update-sent","tasks","verifying","succeeded"]');
    insert into triggers ${numbers(deployments)}
      select printf('p%09d', i), 'hook', printf('d%09d', i), i from n;
    commit`);
  database.close();
};

const timed = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
  const begin = performance.now();
  const result = await work();
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  process.stdout.write(`${what}: ${seconds} s\n`);
  return result;
};

const folder = mkdtempSync(join(tmpdir(), 'store-copy-'));
const at = (name: string): string => join(folder, name);
const postgres = await startPostgres();
try {
  const { url } = await postgres.createDatabase();
  await openStore(at('from.db')).close();
  fill(at('from.db'));
  const from = await readStoreFile(at('from.db'), at('temporary.db'));
  const to = await openPostgresStore(postgresSetting(url, 'there'));
  const { rows } = await timed('SQLite to PostgreSQL', () => copyStore(from.db, to.db));
  const megabytes = (statSync(at('from.db')).size / 1e6).toFixed(0);
  process.stdout.write(`${rows} rows, ${megabytes} MB as a SQLite file\n`);
  await timed('backup of PostgreSQL', () => backUp(to, at('backup.db')));
  await to.close();
  const source = await readPostgresStore(postgresSetting(url, 'there'));
  const back = openStore(at('back.db'));
  await timed('PostgreSQL to SQLite', () => copyStore(source.db, back.db));
  await timed('backup of SQLite', () => backUp(back, at('second.db')));
  await Promise.all([source.close(), back.close(), from.close()]);
  const backup = await readStoreFile(at('second.db'), at('temporary.db'));
  const restored = openStore(at('restored.db'));
  await timed('restore into SQLite', () =>
    restoreStore(backup.db, restored.db, { now: Date.now() }),
  );
  await Promise.all([backup.close(), restored.close()]);
} finally {
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
