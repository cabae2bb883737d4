import type { InstanceView } from '../../core/contract/instance-view.ts';
import { listInstances } from '../../store/leases/instances.ts';
import { readLeases } from '../../store/leases/leases.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { LEASE_MS } from './leases.ts';

const timeOf = (ms: number): string => new Date(ms).toISOString();

/** The instances of the store and what each works on. The instance that answers counts as just seen. */
export const readInstances = async (db: Db, self: string): Promise<readonly InstanceView[]> => {
  const [{ now, instances }, { leases }] = await Promise.all([listInstances(db), readLeases(db)]);
  return instances.map(({ id, host, version, startedAt, seenAt }): InstanceView => {
    const isSelf = id === self;
    const seen = isSelf ? Math.max(seenAt, now) : seenAt;
    return {
      id,
      host,
      version,
      startedAt: timeOf(startedAt),
      seenAt: timeOf(seen),
      state: now - seen > LEASE_MS ? 'gone' : 'alive',
      isSelf,
      leases: leases.flatMap(({ name, holder, since, epoch }) =>
        holder === id ? [{ name, since: timeOf(since), epoch }] : [],
      ),
    };
  });
};
