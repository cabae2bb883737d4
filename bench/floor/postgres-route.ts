/**
 * The minimum that keeps what it accepts in PostgreSQL: fastify parses a body, inserts one row through a pool as large as
 * the helper's, and answers after the commit.
 */
import fastify from 'fastify';
import { Pool } from 'pg';

/** As `store.poolSize` by default. */
const CONNECTIONS = 10;

const [connectionString = ''] = process.argv.slice(2);
const pool = new Pool({ connectionString, max: CONNECTIONS });
await pool.query('create table hooks (id bigserial primary key, body text not null)');

const server = fastify();
server.post('/hooks/:secret', async (request, reply) => {
  const { image, digest } = request.body as { image: string; digest: string };
  await pool.query('insert into hooks (body) values ($1)', [JSON.stringify(request.body)]);
  return reply.code(202).send({ delivery: 'none', pushes: [{ image, digest }], ignored: [] });
});
await server.listen({ host: '127.0.0.1', port: 0 });
process.once('SIGTERM', () => process.exit(0));
process.stdout.write(`${JSON.stringify({ msg: 'ready', address: server.listeningOrigin })}\n`);
