import type { Cluster } from '../../core/swarm/cluster.ts';
import type { Service } from '../../core/swarm/service.ts';
import type { StuckUpdates } from './stuck-updates.ts';

type FindStuckDeps = {
  readonly cluster: Pick<Cluster, 'observe'>;
  readonly stuck: StuckUpdates;
};

const isBeingUpdated = ({ update }: Service): boolean =>
  update?.state === 'updating' || update?.state === 'rollback_started';

/**
 * Observes the services that somebody else is updating, because their tasks show whether the update makes progress.
 * Returns the ids of the stuck ones.
 */
export const findStuck = async (
  { cluster, stuck }: FindStuckDeps,
  { updateIsOurs }: { readonly updateIsOurs: (service: Service) => boolean },
  services: readonly Service[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> => {
  const others = services.filter((service) => isBeingUpdated(service) && !updateIsOurs(service));
  const found = await Promise.all(
    others.map(async ({ id }) => {
      const seen = await cluster.observe(id, signal);
      return seen !== null && stuck.see(seen) ? [id] : [];
    }),
  );
  return new Set(found.flat());
};
