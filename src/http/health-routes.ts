import type { FastifyInstance } from 'fastify';
import { LIMITS } from './limits.ts';
import type { ServerDeps } from './ports.ts';

type Deps = Pick<ServerDeps, 'reads' | 'askStore'>;

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

/** Its files are on a disk that does not answer. */
const SILENT = { state: 'not-writable', reason: 'refuses-writes' } as const;

/**
 * `/healthz`: the process answers. `/readyz`: what it accepts, it can put on disk; a cluster that is
 * down is told and changes nothing, since pushes wait for it on disk.
 */
export const addHealthRoutes = (app: FastifyInstance, { reads, askStore }: Deps): void => {
  const schema = { hide: true };
  app.get('/healthz', { schema }, async () => ({ status: 'alive' }));
  app.get('/readyz', { schema }, async (_request, reply) => {
    const [store, clusters] = await Promise.all([
      within(LIMITS.storeProbe, askStore, SILENT),
      within(LIMITS.storeProbe, reads.listClusters, []),
    ]);
    const writable = store.state === 'writable';
    return reply.code(writable ? 200 : 503).send({
      status: writable ? 'ready' : 'not-ready',
      store: store.state,
      ...(writable ? {} : { reason: store.reason }),
      clusters: clusters.map(({ name, state }) => ({ name, state })),
    });
  });
};
