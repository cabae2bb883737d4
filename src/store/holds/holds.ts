import type { Digest } from '../../core/image/digest.ts';
import { type FailureReason, holdsAs } from '../../core/rollout/failure-reason.ts';
import type { Service } from '../../core/swarm/service.ts';
import type { Hold } from '../../core/verdict/verdict.ts';
import { rfc3339 } from '../query/json.ts';
import type { Query } from '../sqlite/open-store.ts';

export type NewHold = {
  readonly id: string;
  readonly cluster: string;
  readonly service: Pick<Service, 'id' | 'specFingerprint'>;
  readonly digest: Digest;
  /** Held too, whatever its digest; missing if only the digest is held. */
  readonly tag?: string | null;
  readonly kind: 'known-bad' | 'left-by-person' | 'rejected' | 'expired';
  readonly deployment: string | null;
  /** For a hold from a gate: who or what caused it, and why, in one line for a person. */
  readonly detail?: string;
};

/** The table's words, which an earlier version also understands. */
const KEPT_AS = {
  'known-bad': 'known-bad',
  'left-by-person': 'rolled-back',
  rejected: 'rolled-back',
  expired: 'rolled-back',
} as const;
const TOLD_AS = { 'known-bad': 'known-bad', 'rolled-back': 'left-by-person' } as const;

export const addHold = async (query: Query, hold: NewHold, now: number): Promise<void> => {
  await query
    .insertInto('holds')
    .values({
      id: hold.id,
      cluster: hold.cluster,
      service_id: hold.service.id,
      digest: hold.digest,
      tag: hold.tag ?? null,
      spec_fingerprint: hold.service.specFingerprint(),
      kind: KEPT_AS[hold.kind],
      gate: hold.kind === 'rejected' || hold.kind === 'expired' ? hold.kind : null,
      gate_detail: hold.detail ?? null,
      deployment_id: hold.deployment,
      created_at: now,
      released_at: null,
      released_by: null,
    })
    .execute();
};

/** The same, unless a hold of the kind already exists. Call it in a transaction. */
export const addHoldOnce = async (query: Query, hold: NewHold, now: number): Promise<void> => {
  const { service, digest, tag = null } = hold;
  const standing = (await readHolds(query, hold.cluster))(service, digest, tag);
  if (standing?.kind !== hold.kind) await addHold(query, hold, now);
};

export type FailedDeployment = {
  readonly deployment: {
    readonly id: string;
    readonly cluster: string;
    readonly to: Digest | null;
    readonly tag?: string;
    readonly fromTag?: string;
  };
  readonly service: NewHold['service'];
  readonly reason: FailureReason;
};

/** Holds the digest of a deployment if the reason of its failure calls for it. Call it in a transaction. */
export const holdFailed = async (
  query: Query,
  id: string,
  { deployment, service, reason }: FailedDeployment,
  now: number,
): Promise<void> => {
  const { cluster, to: digest, tag, fromTag } = deployment;
  const kind = holdsAs(reason);
  if (digest === null || kind === null) return;
  const isMoved = kind === 'left-by-person' && tag !== undefined && tag !== fromTag;
  const left = isMoved ? { tag } : {};
  const hold = { id, cluster, service, digest, kind, deployment: deployment.id, ...left };
  await addHoldOnce(query, hold, now);
};

/** Returns the hold on a tag or its digest for a service with its present spec. */
export type FindHold = (
  service: Pick<Service, 'id' | 'specFingerprint'>,
  digest: Digest,
  tag?: string | null,
) => Hold | null;

/** Every active hold of a cluster, read once. */
export const readHolds = async (db: Query, cluster: string): Promise<FindHold> => {
  const rows = await db
    .selectFrom('holds')
    .selectAll()
    .where('cluster', '=', cluster)
    .where('released_at', 'is', null)
    .orderBy('id')
    .execute();
  // Called for each of thousands of services.
  if (rows.length === 0) return () => null;
  const standing = Map.groupBy(rows, (row) => row.service_id);
  return (service, digest, tag = null) => {
    const isMeant = (one: (typeof rows)[number]): boolean =>
      one.digest === digest || (tag !== null && one.tag === tag);
    // The fingerprint is expensive to compute, and few services have a hold.
    const row = standing
      .get(service.id)
      ?.findLast((one) => isMeant(one) && one.spec_fingerprint === service.specFingerprint());
    if (row === undefined) return null;
    const since = rfc3339(row.created_at);
    return row.gate === null
      ? { kind: TOLD_AS[row.kind], since, deployment: row.deployment_id }
      : { kind: row.gate, since, detail: row.gate_detail ?? '' };
  };
};

/**
 * When a hold on a digest that somebody went back from was last released for a service, ms since the epoch, or null.
 */
export type FindRelease = (serviceId: string, digest: Digest) => number | null;

/** Every such release of a cluster, read once. */
export const readReleases = async (db: Query, cluster: string): Promise<FindRelease> => {
  const rows = await db
    .selectFrom('holds')
    .select(['service_id', 'digest', (eb) => eb.fn.max('released_at').as('at')])
    .where('cluster', '=', cluster)
    .where('kind', '=', KEPT_AS['left-by-person'])
    .where('gate', 'is', null)
    .where('released_at', 'is not', null)
    .groupBy(['service_id', 'digest'])
    .execute();
  return (serviceId, digest) =>
    rows.find((row) => row.service_id === serviceId && row.digest === digest)?.at ?? null;
};

/** Releases every hold of a service. Returns how many there were. */
export const releaseHolds = async (
  query: Query,
  { cluster, serviceId }: { readonly cluster: string; readonly serviceId: string },
  by: string,
  now: number,
): Promise<number> => {
  const released = await query
    .updateTable('holds')
    .set({ released_at: now, released_by: by })
    .where('cluster', '=', cluster)
    .where('service_id', '=', serviceId)
    .where('released_at', 'is', null)
    .returning('id')
    .execute();
  return released.length;
};
