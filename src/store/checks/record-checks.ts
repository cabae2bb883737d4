import type { Insertable, Selectable } from 'kysely';
import type { Digest } from '../../core/image/digest.ts';
import type { CheckedFacts } from '../../core/outcome/judge-service.ts';
import type { Query } from '../sqlite/open-store.ts';
import { isAmong, literal } from '../query/fragments.ts';
import type { CheckServiceRow } from '../tables/checks.ts';

/** Literal, because SQLite finds the partial index by its text. */
const WAITING = literal('waiting' as const);

/** What one check found for a tag. */
export type CheckedTag = {
  readonly tag: string;
  /** Null if the registry was not asked, or showed no digest. */
  readonly digest: Digest | null;
  /** Platform digests of `digest`; null if they were not read. */
  readonly members: readonly Digest[] | null;
  /** Each service has its own digest if that differs from the one above. */
  readonly services: readonly (Omit<CheckedFacts, 'digest'> & Partial<CheckedFacts>)[];
};

/** An ended check, and the newest push that it covers. */
export type EndedCheck = {
  readonly cluster: string;
  readonly name: string;
  readonly newestPush: number;
  readonly tags: readonly CheckedTag[];
};

/**
 * Records what a check found for the pushes that wait for it, as part of the transaction that ends it. Pushes that were
 * first checked together share one record, so a burst costs no more than one push.
 */
export const recordChecks = async (query: Query, ended: EndedCheck, now: number): Promise<void> => {
  const known = await checksOfWaiting(query, ended);
  for (const found of ended.tags) {
    const groups = known.filter(({ tag }) => tag === found.tag);
    const before = groups.flatMap(({ check_id }) => (check_id === null ? [] : [check_id]));
    const isNew = groups.length > before.length;
    const added = isNew ? [await addCheck(query, ended, found.tag, now)] : [];
    if (before.length > 0) {
      await query
        .updateTable('checks')
        .set({ checked_at: now })
        .where((eb) => isAmong(eb.ref('id'), before))
        .execute();
    }
    await recordFound(query, [...before, ...added], found);
  }
};

/** The existing records of each tag's waiting pushes; null stands for pushes without one. */
const checksOfWaiting = (query: Query, { cluster, name, newestPush }: EndedCheck) =>
  query
    .selectFrom('push_results')
    .innerJoin('pushes', 'pushes.id', 'push_results.push_id')
    .select(['pushes.tag', 'push_results.check_id'])
    .distinct()
    .where('push_results.cluster', '=', cluster)
    .where('push_results.name', '=', name)
    .where('push_results.state', '=', WAITING)
    .where('push_results.push_id', '<=', newestPush)
    .execute();

const addCheck = async (
  query: Query,
  { cluster, name, newestPush }: EndedCheck,
  tag: string,
  now: number,
): Promise<number> => {
  const { id } = await query
    .insertInto('checks')
    .values({ cluster, name, tag, checked_at: now })
    .returning('id')
    .executeTakeFirstOrThrow();
  const { numUpdatedRows } = await query
    .updateTable('push_results')
    .set({ check_id: id })
    .where('cluster', '=', cluster)
    .where('name', '=', name)
    .where('state', '=', WAITING)
    .where('check_id', 'is', null)
    .where('push_id', '<=', newestPush)
    .where('push_id', 'in', (eb) =>
      eb
        .selectFrom('pushes')
        .select('pushes.id')
        .whereRef('pushes.id', '=', 'push_results.push_id')
        .where('pushes.tag', '=', tag),
    )
    .executeTakeFirst();
  await query
    .updateTable('checks')
    .set({ pushes: Number(numUpdatedRows) })
    .where('id', '=', id)
    .execute();
  return id;
};

const recordFound = async (
  query: Query,
  checks: readonly number[],
  { digest, members, services }: CheckedTag,
): Promise<void> => {
  if (checks.length === 0) return;
  if (digest !== null) {
    await query
      .insertInto('check_digests')
      .values(checks.map((check_id) => ({ check_id, digest })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  if (digest !== null && members !== null && members.length > 0) {
    await query
      .insertInto('index_members')
      .values([...new Set(members)].map((member) => ({ member, digest })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  if (services.length === 0) return;
  const deployments = services.flatMap(({ deployment }) => deployment ?? []);
  if (deployments.length > 0) {
    await query
      .insertInto('check_deployments')
      .values(
        checks.flatMap((check_id) =>
          deployments.map((deployment_id) => ({ check_id, deployment_id })),
        ),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  const before = await query
    .selectFrom('check_services')
    .selectAll()
    .where((eb) => isAmong(eb.ref('check_id'), checks))
    .execute();
  const rows = checks.flatMap((check_id) =>
    services.flatMap((service) => {
      const row = before.find(
        (one) => one.check_id === check_id && one.service_id === service.serviceId,
      );
      const next = rowOf(check_id, digest, service, row);
      return row !== undefined && isSame(row, next) ? [] : [next];
    }),
  );
  for (const row of rows) {
    await query
      .insertInto('check_services')
      .values(row)
      .onConflict((conflict) => conflict.columns(['check_id', 'service_id']).doUpdateSet(row))
      .execute();
  }
};

/** A check without a result keeps the deployment from an earlier one. */
const rowOf = (
  check_id: number,
  shown: Digest | null,
  service: CheckedTag['services'][number],
  before: Selectable<CheckServiceRow> | undefined,
): Insertable<CheckServiceRow> => {
  const { verdict, digest = shown } = service;
  const isKept =
    verdict === 'unknown' || verdict === 'updating' || (before?.digest ?? null) === digest;
  return {
    check_id,
    service_id: service.serviceId,
    service_name: service.service,
    stack: service.stack,
    verdict,
    reason: service.reason,
    detail: service.detail,
    digest: digest ?? before?.digest ?? null,
    deployment_id: service.deployment ?? (isKept ? (before?.deployment_id ?? null) : null),
  };
};

const isSame = (one: Selectable<CheckServiceRow>, other: Insertable<CheckServiceRow>): boolean =>
  one.verdict === other.verdict &&
  one.reason === other.reason &&
  one.detail === other.detail &&
  one.digest === other.digest &&
  one.service_name === other.service_name &&
  one.deployment_id === other.deployment_id;
