import type { Cluster } from '../core/cluster.ts';
import type { Node } from '../core/service.ts';
import type { Clock } from './ports.ts';

/**
 * The nodes of a cluster as they were half a minute ago or later: what they are built of changes with the
 * machines only. None where they are not told or not to be had. Never rejects.
 */
export type KnownNodes = (signal: AbortSignal) => Promise<readonly Node[]>;

const FRESH_MS = 30_000;
/** Knowing them spares a request to a registry, which takes no longer than this. */
const TIMEOUT_MS = 1_000;

export const createKnownNodes = (
  cluster: Pick<Cluster, 'listNodes'>,
  clock: Pick<Clock, 'now'>,
): KnownNodes => {
  let last: { readonly at: number; readonly nodes: readonly Node[] } | null = null;
  return async (signal) => {
    const at = clock.now();
    if (last !== null && at - last.at < FRESH_MS) return last.nodes;
    try {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
      const nodes = (await cluster.listNodes(limited)) ?? [];
      last = { at, nodes };
      return nodes;
    } catch {
      // Without them a little more is asked of the registry.
      return [];
    }
  };
};
