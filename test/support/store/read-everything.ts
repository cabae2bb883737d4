import type { Digest } from '../../../src/core/image/digest.ts';
import { listActions } from '../../../src/store/access/actions.ts';
import { openDeployments } from '../../../src/store/deployments/deployments.ts';
import { listFreezes, readFreezes } from '../../../src/store/holds/freezes.ts';
import { readHolds, readReleases } from '../../../src/store/holds/holds.ts';
import { nextMessage, readUnannounced } from '../../../src/store/notices/notifications.ts';
import type { Store } from '../../../src/store/sqlite/open-store.ts';
import { readProven } from '../../../src/store/holds/proven.ts';
import { readLookups } from '../../../src/store/published/published.ts';
import { checkQueue, pushQueue } from '../../../src/store/deployments/queue-depth.ts';
import { listDeliveries, readDelivery } from '../../../src/store/intake/read-deliveries.ts';
import {
  listDeployments,
  readDeployment,
} from '../../../src/store/deployments/read-deployments.ts';
import { listRuns, readRun } from '../../../src/store/runs/read-runs.ts';
import { openRuns } from '../../../src/store/runs/runs.ts';
import { secretUses } from '../../../src/store/access/secret-uses.ts';
import { findSession } from '../../../src/store/access/sessions.ts';
import { digestOfChar, makeService } from '../work/make-service.ts';

const ALL = { limit: 100, after: null };
const CLUSTERS = ['one', 'two'];

const each = async <Row extends { readonly id: string }, Detail>(
  rows: readonly Row[],
  read: (id: string) => Promise<Detail>,
): Promise<readonly Detail[]> => Promise.all(rows.map(({ id }) => read(id)));

/** Everything in a store, as its read functions return it. `now` is ms since the epoch. */
export const readEverything = async ({ db }: Pick<Store, 'db'>, now: number) => {
  const deliveries = await listDeliveries(db, { ignored: true }, ALL);
  const deployments = await listDeployments(db, {}, ALL);
  const runs = await listRuns(db, ALL);
  const holdsOf = await readHolds(db, 'one');
  const releasesOf = await readReleases(db, 'one');
  const freezeOf = await readFreezes(db, 'one', now);
  const digests: readonly Digest[] = ['a', 'b', 'c', 'd', 'e', 'f'].map(digestOfChar);
  const services = ['service-1', 'service-2', 'service-3'].map((id) => makeService({ id }));
  return {
    deliveries: await each(deliveries.items, (id) => readDelivery(db, id)),
    secretUses: Object.fromEntries(await secretUses(db)),
    checkQueue: await checkQueue(db, now),
    pushQueue: await pushQueue(db),
    published: Object.fromEntries(await readLookups(db)),
    deployments: await each(deployments.items, (id) => readDeployment(db, id)),
    open: await Promise.all(CLUSTERS.map((cluster) => openDeployments(db, cluster))),
    holds: services.map((service) => digests.map((digest) => holdsOf(service, digest))),
    releases: services.map(({ id }) => digests.map((digest) => releasesOf(id, digest))),
    proven: Object.fromEntries(await readProven(db, 'one')),
    runs: await each(runs.items, (id) => readRun(db, id)),
    openRuns: await openRuns(db),
    actions: (await listActions(db, ALL)).items,
    freezes: (await listFreezes(db, ALL, now)).items,
    frozen: services.map((service) => freezeOf(service)),
    unannounced: await readUnannounced(db, now, 100),
    messages: await nextMessage(db, 'slack'),
    session: await findSession(db, 'session-hash'),
  };
};
