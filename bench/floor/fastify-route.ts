/**
 * The minimal webhook receiver: fastify listens, parses a body and answers. Like the helper, it writes a line when it
 * listens.
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
