/**
 * The least that a receiver of hooks can be: fastify listens, parses a body and answers. It says so with
 * a line when it listens, as the helper does.
 */
import fastify from 'fastify';

const server = fastify();
server.post('/hooks/:secret', async (request, reply) => {
  const { image, digest } = request.body as { image: string; digest: string };
  return reply.code(202).send({ delivery: 'none', pushes: [{ image, digest }], ignored: [] });
});
await server.listen({ host: '127.0.0.1', port: 0 });
process.once('SIGTERM', () => process.exit(0));
process.stdout.write(`${JSON.stringify({ msg: 'ready', address: server.listeningOrigin })}\n`);
