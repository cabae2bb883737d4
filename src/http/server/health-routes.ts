import type { FastifyInstance } from 'fastify';
import { LIMITS } from '../ports/limits.ts';
import type { ServerDeps } from '../ports/ports.ts';
import { jsonAnswer, type SharedAnswer, sendShared, sharedForAWhile } from './shared-answer.ts';

type Deps = Pick<ServerDeps, 'reads' | 'askStore' | 'now'>;

/** The answer, or `otherwise` if it fails or does not arrive in time. */
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

/** The disk of the store's files does not respond. */
const SILENT = { state: 'not-writable', reason: 'refuses-writes' } as const;
const ALIVE = jsonAnswer({ status: 'alive' });

/**
 * `/healthz`: the process responds. `/readyz`: the helper can store what it accepts. A cluster that is down is reported
 * but does not make the helper unready, because pushes wait for it on disk. The disk check is a durable write, so
 * everybody who asks within `LIMITS.sharedFor` gets the same answer.
 */
export const createHealthRoutes = ({
  reads,
  askStore,
  now,
}: Deps): ((app: FastifyInstance) => void) => {
  const probe = async (): Promise<SharedAnswer> => {
    const [store, clusters] = await Promise.all([
      within(LIMITS.storeProbe, askStore, SILENT),
      within(LIMITS.storeProbe, reads.listClusters, []),
    ]);
    const writable = store.state === 'writable';
    const answer = {
      status: writable ? 'ready' : 'not-ready',
      store: store.state,
      ...(writable ? {} : { reason: store.reason }),
      clusters: clusters.map(({ name, state }) => ({ name, state })),
    };
    return jsonAnswer(answer, writable ? 200 : 503);
  };
  const readiness = sharedForAWhile(probe, LIMITS.sharedFor, now);
  const schema = { hide: true };
  return (app) => {
    app.get('/healthz', { schema }, async (_request, reply) => sendShared(reply, ALIVE));
    app.get('/readyz', { schema }, async (_request, reply) => sendShared(reply, await readiness()));
  };
};
