import type { Digest } from '../../core/image/digest.ts';
import { parseImageReference } from '../../core/image/image-reference.ts';
import type { Service } from '../../core/swarm/service.ts';
import type { Query } from '../sqlite/open-store.ts';
import type { ProvenRow } from '../tables/deployments.ts';

export type Proven = {
  readonly digest: Digest;
  /** The tag that the service had then; null if its image had none. */
  readonly tag: string | null;
  /** Changes with any part of the spec, including the image's text. */
  readonly spec: string;
  readonly forceUpdate: number;
  /** ms since the epoch. */
  readonly at: number;
};

const specOf = (service: Pick<Service, 'specFingerprint' | 'imageText'>): string =>
  `${service.specFingerprint()} ${service.imageText}`;

/** The tag of the image's text in a result of {@link specOf}. */
const tagOf = (spec: string): string | null => {
  const parsed = parseImageReference(spec.slice(spec.indexOf(' ') + 1));
  return parsed.ok ? parsed.image.tag : null;
};

/**
 * Whether exactly one redeploy happened to a service since it was proven, so that the previous spec is the proven one,
 * including its digest.
 */
export const isOneRedeployLater = (
  proven: Proven,
  service: Pick<Service, 'specFingerprint' | 'forceUpdate'>,
): boolean =>
  service.forceUpdate === proven.forceUpdate + 1 &&
  proven.spec.startsWith(`${service.specFingerprint()} `) &&
  proven.spec.endsWith(`@${proven.digest}`);

type ProvenService = {
  readonly cluster: string;
  readonly service: Pick<Service, 'id' | 'specFingerprint' | 'imageText' | 'forceUpdate'>;
};

/** Records the digest on which a service was seen converged. */
export const recordProven = async (
  query: Query,
  { cluster, service }: ProvenService,
  digest: Digest,
  now: number,
): Promise<void> => {
  const values = {
    digest,
    spec_fingerprint: specOf(service),
    force_update: service.forceUpdate,
    proven_at: now,
  };
  await query
    .insertInto('proven')
    .values({ cluster, service_id: service.id, ...values })
    .onConflict((conflict) => conflict.columns(['cluster', 'service_id']).doUpdateSet(values))
    .execute();
};

/** The last proven digest of every service of a cluster, by service id. */
export const readProven = async (
  db: Query,
  cluster: string,
): Promise<ReadonlyMap<string, Proven>> => {
  const rows = await db.selectFrom('proven').selectAll().where('cluster', '=', cluster).execute();
  return new Map(rows.map((row) => [row.service_id, toProven(row)]));
};

/** The last proven digest of one service, or null. */
export const findProven = async (
  db: Query,
  cluster: string,
  serviceId: string,
): Promise<Proven | null> => {
  const row = await db
    .selectFrom('proven')
    .selectAll()
    .where('cluster', '=', cluster)
    .where('service_id', '=', serviceId)
    .executeTakeFirst();
  return row === undefined ? null : toProven(row);
};

const toProven = (row: ProvenRow): Proven => ({
  digest: row.digest as Digest,
  tag: tagOf(row.spec_fingerprint),
  spec: row.spec_fingerprint,
  forceUpdate: row.force_update,
  at: row.proven_at,
});

/**
 * The digest that an unpinned service is known to run: the proven one, if neither its spec nor its ForceUpdate has
 * changed since. Null if unknown, and for a service that names its digest.
 */
export const knownDigest = (service: Service, proven: Proven | undefined): Digest | null =>
  proven !== undefined &&
  // In this order, because the fingerprint is expensive to compute.
  !(service.image.ok && service.image.image.digest !== null) &&
  proven.forceUpdate === service.forceUpdate &&
  proven.spec === specOf(service)
    ? proven.digest
    : null;
