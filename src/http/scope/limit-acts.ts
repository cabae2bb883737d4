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
    <Rest extends readonly unknown[], T>(
      act: ((key: ServiceKey, ...rest: Rest) => Promise<T>) | undefined,
    ) =>
    async (key: ServiceKey, ...rest: Rest): Promise<T> => {
      if (act === undefined) throw new Problem(501, 'not-built', 'this is not there');
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

  const { startRun, freeze, thaw } = acts;
  return {
    ...(startRun === undefined
      ? {}
      : {
          startRun: async (request, by) => {
            if (request.cluster !== null && !isClusterInScope(scope, request.cluster)) {
              throw outOfScope(`cluster ${request.cluster}`);
            }
            return startRun({ ...request, scope }, by);
          },
        }),
    ...(acts.check === undefined ? {} : { check: onService(acts.check) }),
    ...(acts.redeploy === undefined ? {} : { redeploy: onService(acts.redeploy) }),
    ...(acts.rollback === undefined ? {} : { rollback: onService(acts.rollback) }),
    ...(acts.release === undefined ? {} : { release: onService(acts.release) }),
    ...(acts.approve === undefined ? {} : { approve: onService(acts.approve) }),
    ...(acts.reject === undefined ? {} : { reject: onService(acts.reject) }),
    ...(freeze === undefined
      ? {}
      : {
          freeze: async (request, by) => {
            if (await isNarrow(request)) return freeze(request, by);
            throw new Problem(
              403,
              'out-of-scope',
              'the freeze would be wider than the scope of this token: name a cluster and a stack of it, or a service',
            );
          },
        }),
    ...(thaw === undefined
      ? {}
      : {
          thaw: async (id, by) => {
            const shown = await reads.listFreezes?.({ limit: MOST_FREEZES, after: null });
            const found = shown?.items.find((one) => one.id === id);
            if (found === undefined) throw new Problem(404, 'not-found', `no freeze ${id} stands`);
            if (!(await isNarrow(found))) throw outOfScope(`freeze ${id}`);
            return thaw(id, by);
          },
        }),
  };
};
