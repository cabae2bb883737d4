import type { DeploymentFacts } from '../../core/outcome/judge-service.ts';
import type { OutcomeAsk } from '../../core/outcome/outcome-ask.ts';
import { type FindFreeze, readFreezes } from '../holds/freezes.ts';
import type { Gate } from '../../core/policy/gates/gate-state.ts';
import { readWaiting } from '../gates/waiting.ts';
import type { Db } from '../sqlite/open-store.ts';
import { type FindPushes, type FoundPush, findPushes } from './find-pushes.ts';
import { type FindResult, readDeploymentChains, readResults } from './read-checks.ts';

/** Everything that the store knows about the outcome of some pushes. */
export type OutcomeFacts = {
  readonly pushesOf: FindPushes;
  readonly resultOf: FindResult;
  /** By cluster and service id, oldest first. */
  readonly deploymentsOf: (cluster: string, serviceId: string) => readonly DeploymentFacts[];
  readonly freezeOf: (cluster: string) => FindFreeze;
  /** Closed gates of a waiting service. */
  readonly gatesOf: (cluster: string, serviceId: string) => readonly Gate[];
};

const NO_FREEZE: FindFreeze = () => null;

/**
 * Reads all that any number of queries need, in one transaction and about a dozen statements.
 *
 * @param now ms since the epoch
 */
export const readOutcomes = (
  db: Db,
  asks: readonly OutcomeAsk[],
  now: number,
): Promise<OutcomeFacts> =>
  db.transaction().execute(async (query) => {
    const pushesOf = await findPushes(query, asks, now);
    const pushes = asks.flatMap((ask): readonly FoundPush[] => pushesOf(ask) ?? []);
    const resultOf = await readResults(query, [...new Set(pushes.map(({ push }) => push))]);
    const services = pushes.flatMap(
      ({ push, cluster }) => resultOf(push, cluster)?.check?.services ?? [],
    );
    const named = new Set(services.flatMap(({ deployment }) => deployment ?? []));
    const deployments = await readDeploymentChains(query, [...named]);
    const byService = Map.groupBy(deployments, (one) => `${one.cluster} ${one.serviceId}`);
    const isWaiting = services.some(({ verdict }) => verdict === 'waiting');
    const waiting = isWaiting ? await readWaiting(query) : [];
    const gates = new Map(waiting.map((one) => [`${one.cluster} ${one.serviceId}`, one.gates]));
    const queuedOn = new Set(
      deployments.flatMap(({ state, cluster }) => (state === 'queued' ? [cluster] : [])),
    );
    const freezes = new Map<string, FindFreeze>();
    for (const cluster of queuedOn) freezes.set(cluster, await readFreezes(query, cluster, now));
    return {
      pushesOf,
      resultOf,
      deploymentsOf: (cluster, serviceId) => byService.get(`${cluster} ${serviceId}`) ?? [],
      freezeOf: (cluster) => freezes.get(cluster) ?? NO_FREEZE,
      gatesOf: (cluster, serviceId) => gates.get(`${cluster} ${serviceId}`) ?? [],
    };
  });
