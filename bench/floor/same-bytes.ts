/**
 * The minimum that shows the same amount of data: bare fastify routes that send the given files, one per route, in the
 * order of the arguments. Like the helper, it writes a line when it listens.
 */
import { readFileSync } from 'node:fs';
import fastify from 'fastify';

const files = process.argv.slice(2).map((path) => readFileSync(path));
const server = fastify();
server.get('/:number', async (request, reply) => {
  const file = files[Number((request.params as { number: string }).number)];
  const type = file?.subarray(0, 1).toString() === '<' ? 'text/html' : 'application/json';
  return reply.type(`${type}; charset=utf-8`).send(file);
});
await server.listen({ host: '127.0.0.1', port: 0 });
process.once('SIGTERM', () => process.exit(0));
process.stdout.write(`${JSON.stringify({ msg: 'ready', address: server.listeningOrigin })}\n`);
