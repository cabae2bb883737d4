import pLimit from 'p-limit';
import type { Cluster } from '../../core/swarm/cluster.ts';
import type { Digest } from '../../core/image/digest.ts';
import { isConverged } from '../../core/outcome/is-converged.ts';
import type { Convergence } from '../../core/outcome/judge-service.ts';
import { observeService } from '../cluster/observe-service.ts';
import type { Clock } from '../loop/clock.ts';

/** A service with no deployment that would show whether it is healthy. */
export type Unproven = {
  readonly cluster: string;
  readonly serviceId: string;
  /** The digests that it should run: the index and its platforms. */
  readonly digests: readonly Digest[];
};

export type ConvergenceDeps = {
  readonly clusters: readonly Pick<Cluster, 'name' | 'observe'>[];
  readonly clock: Clock;
  /** Called when an observation shows something new. */
  readonly onSeen: () => void;
  readonly signal: AbortSignal;
};

/** Observes services only while somebody asks about them. */
export type ConvergenceWatch = {
  readonly of: (one: Unproven) => Convergence;
  /** Observes again those whose last observation is too old. Resolves when each was observed once. */
  readonly look: (all: readonly Unproven[]) => Promise<void>;
};

/** Services observed at one time; each costs two requests to its cluster. */
const AT_ONCE = 4;
/** A service that has not converged is observed again after this, if somebody waits. */
const AGAIN_MS = 2_000;
/** A service that has converged is not observed again for this long. */
const BELIEVED_MS = 60_000;
const MOST_KEPT = 5_000;

/** `at` is monotonic. */
type Seen = { readonly at: number; readonly convergence: Convergence };

const keyOf = ({ cluster, serviceId, digests }: Unproven): string =>
  `${cluster} ${serviceId} ${digests[0] ?? ''}`;

export const createConvergenceWatch = (deps: ConvergenceDeps): ConvergenceWatch => {
  const { clock, signal } = deps;
  const limit = pLimit(AT_ONCE);
  const seen = new Map<string, Seen>();
  const looking = new Map<string, Promise<void>>();

  const isOld = (key: string): boolean => {
    const last = seen.get(key);
    if (last === undefined) return true;
    const keptMs = last.convergence === 'converged' ? BELIEVED_MS : AGAIN_MS;
    return clock.monotonic() - last.at >= keptMs;
  };

  const lookAt = async (one: Unproven, key: string): Promise<void> => {
    const cluster = deps.clusters.find(({ name }) => name === one.cluster);
    const observed =
      cluster === undefined ? null : await observeService(cluster, one.serviceId, signal);
    const at = clock.monotonic();
    const convergence = ((): Convergence => {
      if (observed === 'removed') return 'removed';
      if (observed === null || 'problem' in observed) return 'unseen';
      return isConverged(observed, one.digests, clock.now()) ? 'converged' : 'not-converged';
    })();
    const isNews = seen.get(key)?.convergence !== convergence;
    seen.delete(key);
    seen.set(key, { at, convergence });
    for (const oldest of seen.keys()) {
      if (seen.size <= MOST_KEPT) break;
      seen.delete(oldest);
    }
    if (isNews) deps.onSeen();
  };

  const begin = async (key: string, one: Unproven): Promise<void> => {
    if (!isOld(key)) return;
    const done = limit(() => lookAt(one, key))
      // The signal was aborted, or the cluster gave an unexpected error: the service stays unobserved.
      .catch(() => {})
      .finally(() => looking.delete(key));
    looking.set(key, done);
    await done;
  };

  return {
    of: (one) => seen.get(keyOf(one))?.convergence ?? 'unseen',
    look: async (all) => {
      const keys = new Map(all.map((one) => [keyOf(one), one]));
      await Promise.all([...keys].map(async ([key, one]) => looking.get(key) ?? begin(key, one)));
    },
  };
};
