import type { FastifyInstance } from 'fastify';
import { LIMITS } from './limits.ts';
import type { ServerDeps } from './ports.ts';

type Deps = Pick<ServerDeps, 'reads' | 'storeIsWritable' | 'log'>;

/** Whatever does not come in time, or fails, is `otherwise`. */
const within = async <T>(ms: number, answer: () => Promise<T>, otherwise: T): Promise<T> => {
  const timeUp = Promise.withResolvers<T>();
  const timer = setTimeout(() => timeUp.resolve(otherwise), ms);
  try {
    return await Promise.race([answer(), timeUp.promise]);
  } catch {
    return otherwise;
  } finally {
    clearTimeout(timer);
  }
};

/**
 * `/healthz`: the process answers. `/readyz`: what it accepts, it can put on disk; a cluster that is
 * down is told and changes nothing, since pushes wait for it on disk.
 */
export const addHealthRoutes = (
  app: FastifyInstance,
  { reads, storeIsWritable, log }: Deps,
): void => {
  const schema = { hide: true };
  app.get('/healthz', { schema }, async () => ({ status: 'alive' }));
  app.get('/readyz', { schema }, async (_request, reply) => {
    const [writable, clusters] = await Promise.all([
      within(LIMITS.storeProbe, storeIsWritable, false),
      within(LIMITS.storeProbe, reads.listClusters, []),
    ]);
    if (!writable) log.error('not ready: the store cannot be written');
    return reply.code(writable ? 200 : 503).send({
      status: writable ? 'ready' : 'not-ready',
      store: writable ? 'writable' : 'not-writable',
      clusters: clusters.map(({ name, state }) => ({ name, state })),
    });
  });
};
