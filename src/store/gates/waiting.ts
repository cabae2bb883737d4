import type { Selectable } from 'kysely';
import type { Digest } from '../../core/image/digest.ts';
import { imageName, type ImageReference } from '../../core/image/image-reference.ts';
import type { AtGates } from '../../core/policy/gates/at-gates.ts';
import type { Gate } from '../../core/policy/gates/gate-state.ts';
import { presentTag, type Service } from '../../core/swarm/service.ts';
import { type Expiring, expireWaiting } from '../approvals/expire.ts';
import { leaveGateNews } from '../approvals/gate-news.ts';
import { noticeOf } from '../approvals/waiting.ts';
import { addEvent } from '../notices/events.ts';
import { readJson } from '../query/json.ts';
import type { Db, Query } from '../sqlite/open-store.ts';
import { holdWaitingChecks } from './join-checks.ts';
import { isAmong } from '../query/fragments.ts';
import type { WaitingRow } from '../tables/gates.ts';
import { recordRan } from '../published/seen-digests.ts';

/** A waiting service with its candidate. Times are ms since the epoch. */
export type Waiting = {
  readonly cluster: string;
  readonly serviceId: string;
  readonly serviceName: string;
  readonly stack: string | null;
  /** Registry and repository. */
  readonly name: string;
  readonly fromTag: string;
  /** Null if it is unknown what runs. */
  readonly from: Digest | null;
  /** The candidate. */
  readonly tag: string;
  readonly digest: Digest;
  /** Of the spec around the image when the candidate became one: votes do not carry over to another spec. */
  readonly specFingerprint: string;
  /** Those that were closed at the last check. */
  readonly gates: readonly Gate[];
  /** Since when the service waits. */
  readonly since: number;
  /** Since when it waits for this candidate. */
  readonly candidateSince: number;
  /** When to check it again. */
  readonly dueAt: number;
  /** When that was set. */
  readonly setAt: number;
  /** Failures in a row. */
  readonly attempts: number;
  readonly lastError: string | null;
};

const toWaiting = (row: Selectable<WaitingRow>): Waiting => ({
  cluster: row.cluster,
  serviceId: row.service_id,
  serviceName: row.service_name,
  stack: row.stack,
  name: row.name,
  fromTag: row.from_tag,
  from: row.from_digest === '' ? null : (row.from_digest as Digest),
  tag: row.tag,
  digest: row.digest as Digest,
  specFingerprint: row.spec_fingerprint,
  gates: readJson<Gate[]>(row.gates),
  since: row.since,
  candidateSince: row.candidate_since,
  dueAt: row.due_at,
  setAt: row.set_at,
  attempts: row.attempts,
  lastError: row.last_error,
});

/** Everything that waits on a cluster, or on all clusters, longest wait first. */
export const readWaiting = async (db: Query, cluster?: string): Promise<readonly Waiting[]> => {
  const rows = await db
    .selectFrom('waiting')
    .selectAll()
    .$if(cluster !== undefined, (all) => all.where('cluster', '=', cluster ?? ''))
    .orderBy('since')
    .orderBy('cluster')
    .orderBy('service_id')
    .execute();
  return rows.map(toWaiting);
};

/** What these services wait for, by their ids, in one statement. Services that do not wait are missing. */
export const readWaitingOf = async (
  query: Query,
  cluster: string,
  serviceIds: readonly string[],
): Promise<ReadonlyMap<string, Waiting>> => {
  if (serviceIds.length === 0) return new Map();
  const rows = await query
    .selectFrom('waiting')
    .selectAll()
    .where('cluster', '=', cluster)
    .where((eb) => isAmong(eb.ref('service_id'), serviceIds))
    .execute();
  return new Map(rows.map((row) => [row.service_id, toWaiting(row)]));
};

export type NewWaiting = {
  readonly cluster: string;
  readonly service: Service;
  readonly image: Pick<ImageReference, 'registry' | 'repository'>;
  /** What it has, or will have once the deployment with open gates is done. */
  readonly from: { readonly tag: string | null; readonly digest: Digest | null };
  readonly at: AtGates;
  /** What the tag shows now, known to be newer than what runs. */
  readonly shown: { readonly tag: string; readonly digest: Digest } | null;
  /** What it has waited for so far; null if it does not wait. */
  readonly before: Waiting | null;
  /** Creates the id of its gate news. */
  readonly newId: () => string;
};

/**
 * Records that a service waits, as part of the caller's transaction. If the candidate or the spec around it has
 * changed, the deadline for votes starts again.
 */
export const putWaiting = async (query: Query, wanted: NewWaiting, now: number): Promise<void> => {
  const { cluster, service, image, from, at, shown, before } = wanted;
  const { candidate, gates, dueAt } = at;
  const spec = service.specFingerprint();
  const isSame =
    before?.digest === candidate.digest &&
    before.tag === candidate.tag &&
    before.specFingerprint === spec;
  const name = imageName(image);
  const tag = from.tag ?? presentTag(service) ?? '';
  const row = {
    service_name: service.name,
    stack: service.stack,
    name,
    from_tag: tag,
    from_digest: from.digest ?? '',
    tag: candidate.tag,
    digest: candidate.digest,
    spec_fingerprint: spec,
    gates: JSON.stringify(gates),
    candidate_since: isSame ? before.candidateSince : now,
    due_at: dueAt,
    set_at: now,
    attempts: 0,
    last_error: null,
  };
  await query
    .insertInto('waiting')
    .values({ cluster, service_id: service.id, since: now, ...row })
    .onConflict((conflict) => conflict.columns(['cluster', 'service_id']).doUpdateSet(row))
    .execute();
  if (from.digest !== null && shown?.tag === tag && shown.digest !== from.digest) {
    await recordRan(query, { name, tag, digest: from.digest, shown: shown.digest }, now);
  }
  if (isSame) return;
  await addEvent(query, 'waiting', eventOf(wanted));
  const hadVotes = before?.gates.some(({ votes }) => votes !== null) === true;
  const isOther = before !== null && before.digest !== candidate.digest;
  await leaveNews(query, wanted, hadVotes && isOther ? before.digest : null, now);
};

/** Leaves news for the channels that something waits, and what it replaced. */
const leaveNews = async (
  query: Query,
  { cluster, service, newId }: NewWaiting,
  replaced: Digest | null,
  now: number,
): Promise<void> => {
  const row = await findRow(query, cluster, service.id);
  if (row === undefined) return;
  await leaveGateNews(
    query,
    { ...noticeOf(row, { id: newId(), state: 'waiting' }, now), replaced },
    now,
  );
};

const findRow = (query: Query, cluster: string, serviceId: string) =>
  query
    .selectFrom('waiting')
    .selectAll()
    .where('cluster', '=', cluster)
    .where('service_id', '=', serviceId)
    .executeTakeFirst();

/** Announces that an image that waited is deployed now, as part of the transaction that queued its deployment. */
export const tellReady = async (
  query: Query,
  of: { readonly cluster: string; readonly serviceId: string; readonly digest: Digest },
  newId: () => string,
  now: number,
): Promise<void> => {
  const row = await findRow(query, of.cluster, of.serviceId);
  if (row === undefined || row.digest !== of.digest) return;
  const notice = noticeOf(row, { id: newId(), state: 'ready' }, now);
  const by = readJson<Gate[]>(row.gates).flatMap(({ votes }) => votes?.by ?? []);
  await leaveGateNews(query, { ...notice, gates: [], by }, now);
  await addEvent(query, 'waiting', {
    cluster: of.cluster,
    service: notice.service,
    stack: row.stack,
    state: 'ready',
    tag: row.tag,
    digest: row.digest,
  });
};

const eventOf = ({ cluster, service, at }: NewWaiting) => ({
  cluster,
  service: { id: service.id, name: service.name },
  stack: service.stack,
  state: 'waiting' as const,
  tag: at.candidate.tag,
  digest: at.candidate.digest,
});

/** Ends the wait of a service, for any reason. False if it did not wait. */
export const endWaiting = async (
  query: Query,
  cluster: string,
  serviceId: string,
): Promise<boolean> => {
  const { numDeletedRows } = await query
    .deleteFrom('waiting')
    .where('cluster', '=', cluster)
    .where('service_id', '=', serviceId)
    .executeTakeFirst();
  return numDeletedRows > 0n;
};

/** The same if its service was removed or has another image; also removes the triggers. */
export const dropWaiting = (db: Db, { cluster, serviceId }: Waiting): Promise<void> =>
  db.transaction().execute(async (query) => {
    await endWaiting(query, cluster, serviceId);
    await query
      .deleteFrom('waiting_triggers')
      .where('cluster', '=', cluster)
      .where('service_id', '=', serviceId)
      .execute();
  });

/**
 * Makes the check of a waiting service due now, for example after a vote. Part of the caller's transaction, if there is
 * one.
 */
export const makeWaitingDue = async (
  query: Query,
  cluster: string,
  serviceId: string,
  now: number,
): Promise<void> => {
  await query
    .updateTable('waiting')
    .set({ due_at: now, set_at: now })
    .where('cluster', '=', cluster)
    .where('service_id', '=', serviceId)
    .execute();
};

/**
 * Ends a wait whose approval deadline has passed: its image is held, and the next candidate is checked. Returns the
 * hold's line for a person, or null if the votes arrived in time after all.
 */
export const endInTime = (
  db: Db,
  { row, ids }: { readonly row: Waiting; readonly ids: Expiring['ids'] },
  now: number,
): Promise<string | null> =>
  db.transaction().execute(async (query) => {
    const { cluster, serviceId, digest } = row;
    const detail = await expireWaiting(query, { cluster, serviceId, ids }, now);
    if (detail !== null) {
      await holdWaitingChecks(query, { serviceId, digest }, { kind: 'expired', detail });
    }
    await makeWaitingDue(query, cluster, serviceId, now);
    return detail;
  });

/** The service could not be checked: try again at `dueAt`, with the reason for a person. */
export const postponeWaiting = async (
  query: Query,
  { cluster, serviceId, attempts }: Waiting,
  { dueAt, problem }: { readonly dueAt: number; readonly problem: string },
  now: number,
): Promise<void> => {
  await query
    .updateTable('waiting')
    .set({ due_at: dueAt, set_at: now, attempts: attempts + 1, last_error: problem })
    .where('cluster', '=', cluster)
    .where('service_id', '=', serviceId)
    .execute();
};
