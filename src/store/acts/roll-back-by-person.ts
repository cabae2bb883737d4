import type { Digest } from '../../core/image/digest.ts';
import { imageName } from '../../core/image/image-reference.ts';
import { ALSO_HELD, ROLLED_BACK_MEANWHILE } from '../../core/rollout/also-held.ts';
import { presentTag } from '../../core/swarm/service.ts';
import { type NewAction, recordAction } from '../access/actions.ts';
import { findWaiting } from '../approvals/waiting.ts';
import { addStep, endDeployment } from '../deployments/deployments.ts';
import { seenAfter } from '../published/seen-digests.ts';
import { addHold, addHoldOnce, type NewHold, readHolds } from '../holds/holds.ts';
import { IS_QUEUED, IS_UNDER_WAY } from '../query/open-states.ts';
import type { Db, Query } from '../sqlite/open-store.ts';
import { readPublished } from '../published/published.ts';
import { type NewDeployment, queueDeployment } from '../deployments/queue-deployment.ts';
import { readMembers } from '../published/seen-indexes.ts';

export type PersonsRollback = {
  /** From what the service has to what the person goes back to. `to` is null if only the cluster knows it. */
  readonly deployment: NewDeployment;
  /** What the service will have then, if known. */
  readonly goesTo: Digest | null;
  readonly newId: () => string;
};

/** A digest that a person's rollback leaves, with its tag. */
type Left = { readonly digest: Digest; readonly tag: string; readonly deployment: string | null };

/**
 * Queues a person's rollback, with the record of who asked for it, and returns the id of its deployment. Holds what the
 * service has, and everything that would come next: the digest that the tag was last seen with, what waits at gates,
 * and the digests of open deployments. A queued deployment ends as skipped.
 */
export const rollBackByPerson = (
  db: Db,
  { deployment, goesTo, newId }: PersonsRollback,
  action: NewAction,
  now: number,
): Promise<string> =>
  db.transaction().execute(async (query) => {
    const { cluster, service, from, image } = deployment;
    await recordAction(query, action, now);
    const holdOn = ({ digest, tag, deployment: of }: Left): NewHold => ({
      id: newId(),
      cluster,
      service,
      digest,
      kind: 'left-by-person',
      deployment: of,
      // If the service stays on its tag, only the digest is held.
      ...(tag === image.tag ? {} : { tag }),
    });
    const present = presentTag(service) ?? image.tag;
    if (from !== null) {
      await addHold(query, holdOn({ digest: from, tag: present, deployment: null }), now);
    }
    const alsoHeld: Digest[] = [];
    const findHold = await readHolds(query, cluster);
    for (const left of await findToCome(query, deployment, present)) {
      const isHeld = findHold(service, left.digest) !== null || alsoHeld.includes(left.digest);
      if (isHeld || (await isSameImage(query, left.digest, goesTo))) continue;
      await addHold(query, holdOn(left), now);
      alsoHeld.push(left.digest);
    }
    await skipQueued(query, deployment, now);
    const { id } = await queueDeployment(query, deployment, now);
    if (alsoHeld.length > 0)
      await addStep(query, id, { at: now, step: ALSO_HELD, detail: { digests: alsoHeld } });
    return id;
  });

/** The digests that would come next to a service that is rolled back, each once. */
const findToCome = async (
  query: Query,
  wanted: NewDeployment,
  tag: string,
): Promise<readonly Left[]> => {
  const { cluster, service, image } = wanted;
  const open = await query
    .selectFrom('deployments')
    .select(['id', 'to_digest', 'tag'])
    .where('cluster', '=', cluster)
    .where('service_id', '=', service.id)
    .where((eb) => eb.or([IS_QUEUED, IS_UNDER_WAY]))
    // A digest that a person went back to is not a published one.
    .where('cause', '!=', 'taken-back')
    .orderBy('id')
    .execute();
  const queued = open.flatMap((row): Left[] =>
    row.to_digest === null
      ? []
      : [{ digest: row.to_digest as Digest, tag: row.tag, deployment: row.id }],
  );
  const published = await readPublished(query, { name: imageName(image), tag });
  const shown = published === null ? [] : [{ digest: published, tag, deployment: null }];
  return [...queued, ...(await findBehindGates(query, wanted, tag)), ...shown];
};

/**
 * What waits at the gates of a service: the candidate, and every digest that its tag has shown since the running one,
 * because the newest of them that is old enough is the next candidate.
 */
const findBehindGates = async (
  query: Query,
  { cluster, service, image, from }: NewDeployment,
  tag: string,
): Promise<readonly Left[]> => {
  const waiting = await findWaiting(query, cluster, service.id);
  if (waiting === null) return [];
  const candidate = { digest: waiting.digest as Digest, tag: waiting.tag, deployment: null };
  const name = imageName(image);
  const seen = from === null ? [] : await seenAfter(query, { name, tag, digest: from });
  return [...seen.map((digest) => ({ digest, tag, deployment: null })), candidate];
};

/** Whether an index contains the other digest, or both are the same. */
const isSameImage = async (query: Query, index: Digest, other: Digest | null): Promise<boolean> => {
  if (other === null || other === index) return other !== null;
  return (await readMembers(query, index))?.includes(other) ?? false;
};

/** The rollback supersedes a deployment in progress, like any other deployment. */
const skipQueued = async (query: Query, rollback: NewDeployment, now: number): Promise<void> => {
  const { cluster, service, to } = rollback;
  const queued = await query
    .selectFrom('deployments')
    .select(['id', 'to_digest'])
    .where('cluster', '=', cluster)
    .where('service_id', '=', service.id)
    .where(IS_QUEUED)
    .where('cause', '!=', 'taken-back')
    .execute();
  const end = { state: 'skipped', reason: ROLLED_BACK_MEANWHILE, failure: null } as const;
  for (const { id, to_digest } of queued) {
    if (to_digest === null || to_digest !== to)
      await endDeployment(query, id, { ...end, detail: { by: rollback.id } }, now);
  }
};

/**
 * Holds everything that a rollback left for the restored spec too, which may differ in more than its image. Call it in
 * a transaction.
 */
export const holdLeftAlso = async (
  query: Query,
  { cluster, queuedAt }: { readonly cluster: string; readonly queuedAt: number },
  { service, newId }: { readonly service: NewHold['service']; readonly newId: () => string },
  now: number,
): Promise<void> => {
  const rows = await query
    .selectFrom('holds')
    .select(['digest', 'tag', 'deployment_id'])
    .where('cluster', '=', cluster)
    .where('service_id', '=', service.id)
    .where('kind', '=', 'rolled-back')
    // They were recorded in the same commit as the deployment.
    .where('created_at', '=', queuedAt)
    .where('released_at', 'is', null)
    .execute();
  for (const { digest, tag, deployment_id: deployment } of rows) {
    const kind = 'left-by-person' as const;
    const hold = { id: newId(), cluster, service, digest: digest as Digest, tag, kind, deployment };
    await addHoldOnce(query, hold, now);
  }
};
