import type { Reads } from '../../core/contract/reads.ts';
import {
  isClusterInScope,
  isInScope,
  isStackInScope,
  type Scope,
} from '../../core/contract/scope.ts';
import type { FreezeView } from '../../core/contract/views.ts';
import type { Acts, FreezeRequest, ServiceKey } from '../ports/ports.ts';
import { Problem } from '../problem/problem.ts';

const MOST_FREEZES = 100_000;

const outOfScope = (what: string): Problem =>
  new Problem(403, 'out-of-scope', `${what} is outside the scope of this token, or does not exist`);

/** The actions of a client whose token is limited to a scope. `reads` returns only what is in the scope. */
export const limitActs = (acts: Acts, reads: Reads, scope: Scope): Acts => {
  const requireService = async ({ cluster, service }: ServiceKey): Promise<void> => {
    if (!isClusterInScope(scope, cluster)) throw outOfScope(`cluster ${cluster}`);
    // All services of the cluster are in the scope. The action itself reports a missing one.
    if (scope.stacks === null) return;
    if ((await reads.readService(cluster, service)) === null) throw outOfScope(service);
  };

  const onService =
    <Rest extends readonly unknown[], T>(act: (key: ServiceKey, ...rest: Rest) => Promise<T>) =>
    async (key: ServiceKey, ...rest: Rest): Promise<T> => {
      await requireService(key);
      return act(key, ...rest);
    };

  /** A freeze must not affect anything outside of the scope. */
  const isNarrow = async (
    freeze: Pick<FreezeRequest | FreezeView, 'cluster' | 'stack' | 'service'>,
  ): Promise<boolean> => {
    const { cluster, stack, service } = freeze;
    if (scope.clusters !== null && (cluster === null || !isClusterInScope(scope, cluster))) {
      return false;
    }
    if (scope.stacks === null) return true;
    if (stack !== null) return isStackInScope(scope, stack);
    // Services of other clusters and stacks may have the same name.
    if (service === null || cluster === null) return false;
    const found = await reads.readService(cluster, service);
    return found !== null && isInScope(scope, found);
  };

  /** The routes refuse these as well. */
  const wholeInstallation = async (): Promise<never> => {
    throw outOfScope('the whole installation');
  };

  return {
    startRun: async (request, by) => {
      if (request.cluster !== null && !isClusterInScope(scope, request.cluster)) {
        throw outOfScope(`cluster ${request.cluster}`);
      }
      return acts.startRun({ ...request, scope }, by);
    },
    check: onService(acts.check),
    redeploy: onService(acts.redeploy),
    rollback: onService(acts.rollback),
    release: onService(acts.release),
    approve: onService(acts.approve),
    reject: onService(acts.reject),
    freeze: async (request, by) => {
      if (await isNarrow(request)) return acts.freeze(request, by);
      throw new Problem(
        403,
        'out-of-scope',
        'the freeze would be wider than the scope of this token: name a cluster and a stack of it, or a service',
      );
    },
    thaw: async (id, by) => {
      const { items } = await reads.listFreezes({ limit: MOST_FREEZES, after: null });
      const found = items.find((one) => one.id === id);
      if (found === undefined) throw new Problem(404, 'not-found', `there is no freeze ${id}`);
      if (!(await isNarrow(found))) throw outOfScope(`freeze ${id}`);
      return acts.thaw(id, by);
    },
    replay: wholeInstallation,
    testNotifications: wholeInstallation,
  };
};
