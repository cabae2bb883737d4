/**
 * The minimum that keeps what it accepts: fastify parses a body, writes it to one row of SQLite and answers when the
 * row is on disk. Webhooks that arrive in the meantime share the next commit.
 */
import { fdatasync, openSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import fastify from 'fastify';

const [path = ''] = process.argv.slice(2);
const database = new Database(path);
database.pragma('locking_mode = EXCLUSIVE');
database.pragma('journal_mode = WAL');
database.pragma('synchronous = NORMAL');
database.exec('CREATE TABLE hooks (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT');
const insert = database.prepare('insert into hooks (body) values (?)');
const insertAll = database.transaction((bodies: readonly string[]) => {
  for (const body of bodies) insert.run(body);
});
insertAll.immediate(['first']);
const log = openSync(`${path}-wal`, 'r');
const sync = promisify(fdatasync);

let waiting: { readonly body: string; readonly done: () => void }[] = [];
let isCommitting = false;
const commitAll = async (): Promise<void> => {
  while (waiting.length > 0) {
    await nextTurn();
    const batch = waiting;
    waiting = [];
    insertAll.immediate(batch.map(({ body }) => body));
    await sync(log);
    for (const { done } of batch) done();
  }
  isCommitting = false;
};
const keep = (body: string): Promise<void> =>
  new Promise((done) => {
    waiting.push({ body, done });
    if (isCommitting) return;
    isCommitting = true;
    void commitAll();
  });

const server = fastify();
server.post('/hooks/:secret', async (request, reply) => {
  const { image, digest } = request.body as { image: string; digest: string };
  await keep(JSON.stringify(request.body));
  return reply.code(202).send({ delivery: 'none', pushes: [{ image, digest }], ignored: [] });
});
await server.listen({ host: '127.0.0.1', port: 0 });
process.once('SIGTERM', () => process.exit(0));
process.stdout.write(`${JSON.stringify({ msg: 'ready', address: server.listeningOrigin })}\n`);
