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
 * Looks at those of the services that somebody else is updating, because their tasks tell whether that gets on. Gives
 * the ids of those that are stuck.
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
