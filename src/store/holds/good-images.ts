import type { Digest } from '../../core/image/digest.ts';
import { imageName } from '../../core/image/image-reference.ts';
import type { Checked, KnownImage } from '../../core/rollout/good-image.ts';
import { presentTag, type Service } from '../../core/swarm/service.ts';
import { readHolds } from './holds.ts';
import type { Query } from '../sqlite/open-store.ts';

/** Number of good images kept per service: two are needed, and a person may want to go further back. */
const GOOD_KEPT = 10;
/** Number of images kept that did not run well. They explain why a revert passes them over. */
const OTHERS_KEPT = 3;

type Of = { readonly cluster: string; readonly service: Pick<Service, 'id' | 'image'> };

const nameOf = ({ image }: Pick<Service, 'image'>): string | null =>
  image.ok ? imageName(image.image) : null;

/**
 * The images that a service was seen running, newest first. Images of another repository than the present one are left
 * out.
 */
export const readKnownImages = async (
  query: Query,
  cluster: string,
  service: Pick<Service, 'id' | 'image' | 'specFingerprint'>,
): Promise<readonly KnownImage[]> => {
  const rows = await query
    .selectFrom('good_images')
    .selectAll()
    .where('cluster', '=', cluster)
    .where('service_id', '=', service.id)
    .orderBy('ran_at', 'desc')
    .execute();
  if (rows.length === 0) return [];
  const held = await query
    .selectFrom('holds')
    .select('id')
    .where('cluster', '=', cluster)
    .where('service_id', '=', service.id)
    .where('released_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  const findHold = held === undefined ? () => null : await readHolds(query, cluster);
  const name = nameOf(service);
  return rows
    .filter((row) => row.name === null || row.name === name)
    .map((row) => {
      // Only valid digests are stored.
      const digest = row.digest as Digest;
      const isHeld = findHold(service, digest) !== null;
      const { tag } = row;
      return {
        digest,
        tag,
        convergedAt: row.converged_at,
        goodAt: row.good_at,
        why: row.why,
        isHeld,
      };
    });
};

/**
 * Records an image that the helper saw converge. Whether it is good is determined at `checkAt`, or already known if
 * that is null.
 */
export const recordConverged = async (
  query: Query,
  { cluster, service }: Of,
  { digest, checkAt }: { readonly digest: Digest; readonly checkAt: number },
  now: number,
): Promise<void> => {
  const named = { name: nameOf(service), tag: presentTag(service) };
  const seen = { ...named, ran_at: now, converged_at: now, check_at: checkAt };
  await query
    .insertInto('good_images')
    .values({ cluster, service_id: service.id, digest, ...seen, good_at: null, why: 'young' })
    .onConflict((conflict) =>
      conflict.columns(['cluster', 'service_id', 'digest']).doUpdateSet(seen),
    )
    .execute();
  await forgetOldest(query, cluster, service.id);
};

/** Records what is known about the image that a service ran when it was replaced. */
export const recordLeft = async (
  query: Query,
  { cluster, service }: Of,
  left: Pick<KnownImage, 'digest' | 'convergedAt' | 'why'>,
  now: number,
): Promise<void> => {
  const { digest, convergedAt, why } = left;
  const name = nameOf(service);
  const stands = { name, tag: presentTag(service), ran_at: now, converged_at: convergedAt };
  const values = { ...stands, why, good_at: why === null ? now : null };
  await query
    .insertInto('good_images')
    .values({ cluster, service_id: service.id, digest, ...values })
    .onConflict((conflict) =>
      conflict.columns(['cluster', 'service_id', 'digest']).doUpdateSet(values),
    )
    .execute();
  await forgetOldest(query, cluster, service.id);
};

const forgetOldest = async (query: Query, cluster: string, serviceId: string): Promise<void> => {
  const rows = await query
    .selectFrom('good_images')
    .select(['digest', 'good_at'])
    .where('cluster', '=', cluster)
    .where('service_id', '=', serviceId)
    .orderBy('ran_at', 'desc')
    .execute();
  const good = rows.filter(({ good_at }) => good_at !== null).slice(GOOD_KEPT);
  const others = rows.filter(({ good_at }) => good_at === null).slice(OTHERS_KEPT);
  for (const { digest } of [...good, ...others]) {
    await query
      .deleteFrom('good_images')
      .where('cluster', '=', cluster)
      .where('service_id', '=', serviceId)
      .where('digest', '=', digest)
      .execute();
  }
};

/** An image that must be checked for being good. */
export type ImageToCheck = {
  readonly serviceId: string;
  readonly digest: Digest;
  /** ms since the epoch. */
  readonly convergedAt: number;
  readonly dueAt: number;
};

/** All images with a check ahead, the soonest first. */
export const imagesToCheck = async (
  query: Query,
  cluster: string,
): Promise<readonly ImageToCheck[]> => {
  const rows = await query
    .selectFrom('good_images')
    .select(['service_id', 'digest', 'converged_at', 'check_at'])
    .where('cluster', '=', cluster)
    .where('check_at', 'is not', null)
    .orderBy('check_at')
    .execute();
  return rows.map((row) => ({
    serviceId: row.service_id,
    digest: row.digest as Digest,
    convergedAt: row.converged_at ?? 0,
    dueAt: row.check_at ?? 0,
  }));
};

/** Records the result of a check. Does nothing if the image has converged again, or was replaced, meanwhile. */
export const recordChecked = async (
  query: Query,
  { cluster, serviceId, digest, convergedAt, dueAt }: ImageToCheck & { readonly cluster: string },
  checked: Checked,
  now: number,
): Promise<void> => {
  const ended = {
    check_at: checked.kind === 'again' ? checked.at : null,
    // A time in the future comes from before the clock was set back.
    converged_at: Math.min(convergedAt, now),
  };
  const found =
    checked.kind === 'good'
      ? { ...ended, good_at: now, why: null }
      : checked.kind === 'failing'
        ? { ...ended, good_at: null, why: 'failing' as const }
        : ended;
  await query
    .updateTable('good_images')
    .set(found)
    .where('cluster', '=', cluster)
    .where('service_id', '=', serviceId)
    .where('digest', '=', digest)
    .where('converged_at', '=', convergedAt)
    .where('check_at', '=', dueAt)
    .execute();
};

/** Whether the helper has sent an update to a service before this deployment. */
export const wasUpdatedBefore = async (
  query: Query,
  { id, cluster, serviceId }: { id: string; cluster: string; serviceId: string },
): Promise<boolean> => {
  const proven = await query
    .selectFrom('proven')
    .select('digest')
    .where('cluster', '=', cluster)
    .where('service_id', '=', serviceId)
    .executeTakeFirst();
  if (proven !== undefined) return true;
  const sent = await query
    .selectFrom('deployments')
    .select('id')
    .where('cluster', '=', cluster)
    .where('service_id', '=', serviceId)
    .where('id', '!=', id)
    .where('started_at', 'is not', null)
    .where('state', 'not in', ['queued', 'skipped'])
    .limit(1)
    .executeTakeFirst();
  return sent !== undefined;
};

/** Records that the image to which the engine rolled back has since proved good. */
export const recordEarned = async (
  query: Query,
  { cluster, service }: Of,
  digest: Digest,
  now: number,
): Promise<void> => {
  await query
    .updateTable('good_images')
    .set({ good_at: now, why: null })
    .where('cluster', '=', cluster)
    .where('service_id', '=', service.id)
    .where('digest', '=', digest)
    .where('good_at', 'is', null)
    .execute();
};
