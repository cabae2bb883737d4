import type { PushOutcome } from '../../core/check/conclude-check.ts';
import type { Digest } from '../../core/image/digest.ts';
import type { CheckFacts } from '../../core/outcome/judge-push.ts';
import type { DeploymentFacts } from '../../core/outcome/judge-service.ts';
import type { Query } from '../sqlite/open-store.ts';
import { isAmong } from '../query/fragments.ts';
import { readFailure } from '../query/read-failure.ts';

/** The state of a push on one cluster, and what its checks found. */
export type PushResultFacts = {
  readonly state: 'waiting' | 'done';
  readonly outcome: PushOutcome | null;
  readonly detail: string | null;
  readonly check: CheckFacts | null;
};

/** By push and cluster; null: there is none. */
export type FindResult = (push: number, cluster: string) => PushResultFacts | null;

/** What is known about these pushes, in a fixed number of statements. */
export const readResults = async (query: Query, pushes: readonly number[]): Promise<FindResult> => {
  if (pushes.length === 0) return () => null;
  const rows = await query
    .selectFrom('push_results')
    .leftJoin('checks', 'checks.id', 'push_results.check_id')
    .select([
      'push_results.push_id as push',
      'push_results.cluster as cluster',
      'push_results.state as state',
      'push_results.outcome as outcome',
      'push_results.detail as detail',
      'push_results.check_id as check',
      'checks.checked_at as checkedAt',
    ])
    .where((eb) => isAmong(eb.ref('push_id'), pushes))
    .execute();
  const checks = await readFound(query, [...new Set(rows.flatMap(({ check }) => check ?? []))]);
  const results = new Map(
    rows.map(({ push, cluster, state, outcome, detail, check, checkedAt }) => {
      const found = check === null ? undefined : checks.get(check);
      const facts = found === undefined ? null : { ...found, at: checkedAt ?? 0 };
      return [`${push} ${cluster}`, { state, outcome, detail, check: facts }];
    }),
  );
  return (push, cluster) => results.get(`${push} ${cluster}`) ?? null;
};

type Found = Omit<CheckFacts, 'at'>;

const readFound = async (
  query: Query,
  ids: readonly number[],
): Promise<ReadonlyMap<number, Found>> => {
  if (ids.length === 0) return new Map();
  const services = await query
    .selectFrom('check_services')
    .selectAll()
    .where((eb) => isAmong(eb.ref('check_id'), ids))
    .orderBy('service_name')
    .execute();
  const digests = await query
    .selectFrom('check_digests')
    .leftJoin('index_members', 'index_members.digest', 'check_digests.digest')
    .select(['check_id', 'check_digests.digest as digest', 'member'])
    .where((eb) => isAmong(eb.ref('check_id'), ids))
    .execute();
  const deployed = await query
    .selectFrom('check_deployments')
    .select('check_id')
    .distinct()
    .where((eb) => isAmong(eb.ref('check_id'), ids))
    .execute();
  const servicesOf = Map.groupBy(services, ({ check_id }) => check_id);
  const digestsOf = Map.groupBy(digests, ({ check_id }) => check_id);
  const hasDeployments = new Set(deployed.map(({ check_id }) => check_id));
  return new Map(
    ids.map((id): [number, Found] => [
      id,
      {
        shown: [...Map.groupBy(digestsOf.get(id) ?? [], ({ digest }) => digest)].map(
          ([digest, rows]) => ({
            digest: digest as Digest,
            members: rows.flatMap(({ member }) => member ?? []) as Digest[],
          }),
        ),
        hasDeployments: hasDeployments.has(id),
        services: (servicesOf.get(id) ?? []).map((row) => ({
          serviceId: row.service_id,
          service: row.service_name,
          stack: row.stack,
          verdict: row.verdict,
          reason: row.reason,
          detail: row.detail,
          digest: row.digest as Digest | null,
          deployment: row.deployment_id,
        })),
      },
    ]),
  );
};

/** A service whose pushes arrive faster than they are rolled out supersedes at most this many deployments in a row. */
const LONGEST_CHAIN = 50;

/**
 * These deployments and, for each that did not succeed, the later ones of the same service, oldest first. Its retry or
 * its replacement is among them.
 */
export const readDeploymentChains = async (
  query: Query,
  ids: readonly string[],
): Promise<readonly DeploymentFacts[]> => {
  if (ids.length === 0) return [];
  const rows = await query
    .withRecursive('chain', (db) =>
      db
        .selectFrom('deployments as first')
        .select(['first.id', 'first.cluster', 'first.service_id', 'first.state'])
        .select((eb) => eb.lit(0).as('depth'))
        .where((eb) => isAmong(eb.ref('first.id'), ids))
        .union(
          db
            .selectFrom('chain')
            .innerJoin('deployments as next', (join) =>
              join.on('next.id', '=', (eb) =>
                eb
                  .selectFrom('deployments as later')
                  .select((min) => min.fn.min('later.id').as('id'))
                  .whereRef('later.cluster', '=', 'chain.cluster')
                  .whereRef('later.service_id', '=', 'chain.service_id')
                  .whereRef('later.id', '>', 'chain.id'),
              ),
            )
            .select(['next.id', 'next.cluster', 'next.service_id', 'next.state'])
            .select((eb) => eb('chain.depth', '+', 1).as('depth'))
            .where('chain.state', 'in', ['superseded', 'skipped', 'failed', 'rolled-back'])
            .where('chain.depth', '<', LONGEST_CHAIN),
        ),
    )
    .selectFrom('deployments')
    .selectAll('deployments')
    .where('deployments.id', 'in', (eb) => eb.selectFrom('chain').select('chain.id'))
    .orderBy('deployments.id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    cluster: row.cluster,
    serviceId: row.service_id,
    service: row.service_name,
    stack: row.stack,
    image: `${row.name}:${row.tag}`,
    from: row.from_digest as Digest | null,
    to: row.to_digest as Digest | null,
    fromTag: row.from_tag ?? row.tag,
    toTag: row.tag,
    cause: row.cause,
    state: row.state,
    reason: row.reason,
    runAt: row.run_at,
    follows: row.follows,
    failure: readFailure(row.failure),
  }));
};
