import type { Expression, ExpressionBuilder, Selectable, SqlBool } from 'kysely';
import { askedImage } from '../../core/image/asked-image.ts';
import type { Digest } from '../../core/image/digest.ts';
import { pullingSince } from '../../core/swarm/pulling.ts';
import { alsoHeld } from '../../core/rollout/also-held.ts';
import type { BuildFacts } from '../../core/image/published.ts';
import type { DeploymentFilter, PageRequest, Within } from '../../core/contract/list-filters.ts';
import type {
  DeploymentState,
  DeploymentView,
  Page,
  StepView,
  TriggerView,
} from '../../core/contract/views.ts';
import type { SpecChange } from '../../core/swarm/spec-changes.ts';
import { deploymentsOfDelivery } from './deployments-of-delivery.ts';
import { cutPage } from '../query/cut-page.ts';
import { readForgeView } from '../forge/reports.ts';
import { readFailure } from '../query/read-failure.ts';
import { optionalRfc3339, readJson, readOptionalJson, rfc3339 } from '../query/json.ts';
import type { Db } from '../query/db.ts';
import { literal, holdText, isAmong, jsonField } from '../query/fragments.ts';
import { searchInSlices } from '../query/search-in-slices.ts';
import type { DeploymentRow, StepRow, Tables, TriggerRow } from '../query/schema.ts';

/** Maximum number of deployments of one service that are searched for what it ran. */
const MOST_LOOKED_BACK = 100;

/** More words hardly narrow the result, and each costs a scan of all deployments. */
const MOST_WORDS = 10;

const wordsOf = (q = ''): readonly string[] =>
  q.toLowerCase().split(/\s+/).filter(Boolean).slice(0, MOST_WORDS);

/** A search matches only the kind of a run or a delivery that triggered it, but the name of a person. */
const holdsWord =
  (word: string) =>
  (eb: ExpressionBuilder<Tables, 'deployments'>): Expression<SqlBool> =>
    eb.or([
      holdText(
        [
          eb.ref('service_name'),
          eb.ref('cluster'),
          eb.fn<string>('concat', ['name', literal(':'), 'tag']),
          eb.ref('from_tag'),
          eb.ref('from_digest'),
          eb.ref('to_digest'),
          jsonField(eb.ref('build'), 'version'),
          jsonField(eb.ref('build'), 'revision'),
        ],
        word,
      ),
      eb.exists(
        eb
          .selectFrom('triggers')
          .select('kind')
          .whereRef('deployment_id', '=', 'deployments.id')
          .where((one) => holdText([told(one)], word)),
      ),
    ]);

/** The searchable text of a trigger. */
const told = (eb: ExpressionBuilder<Tables, 'triggers'>): Expression<string> =>
  eb
    .case('kind')
    .when('person')
    .then(eb.ref('source'))
    .when('smart-redeploy')
    .then('smart-redeploy smartredeploy')
    .else(eb.ref('kind'))
    .end();

const isWithin = (
  eb: ExpressionBuilder<Tables, 'deployments'>,
  { clusters, stacks }: Within,
): Expression<SqlBool> =>
  eb.and([eb('cluster', 'in', clusters), ...(stacks === null ? [] : [eb('stack', 'in', stacks)])]);

/** Every cluster and stack that has deployments. */
export const deploymentPlaces = (
  db: Db,
): Promise<readonly { readonly cluster: string; readonly stack: string | null }[]> =>
  db.selectFrom('deployments').select(['cluster', 'stack']).distinct().execute();

/** Services and images, with their tags, of the deployments in a scope. */
export const deployedWithin = async (
  db: Db,
  within: Within,
): Promise<
  readonly { readonly cluster: string; readonly service: string; readonly image: string }[]
> => {
  const rows = await db
    .selectFrom('deployments')
    .select(['cluster', 'service_name', 'name', 'tag'])
    .distinct()
    .where((eb) => isWithin(eb, within))
    .execute();
  return rows.map(({ cluster, service_name, name, tag }) => ({
    cluster,
    service: service_name,
    image: `${name}:${tag}`,
  }));
};

/** The deployments among these that are in a scope. */
export const keepWithin = async (
  db: Db,
  ids: readonly string[],
  within: Within,
): Promise<ReadonlySet<string>> => {
  if (ids.length === 0) return new Set();
  const rows = await db
    .selectFrom('deployments')
    .select('id')
    .where('id', 'in', ids)
    .where((eb) => isWithin(eb, within))
    .execute();
  return new Set(rows.map(({ id }) => id));
};

/** Newest first. Without the task steps, which can be long and are shown for a single deployment only. */
export const listDeployments = async (
  db: Db,
  filter: DeploymentFilter,
  page: PageRequest,
): Promise<Page<DeploymentView>> => {
  let query = db.selectFrom('deployments').selectAll();
  const { cluster, service, image, state, digest, delivery, q, since, until, within } = filter;
  if (within !== undefined) query = query.where((eb) => isWithin(eb, within));
  if (cluster !== undefined) query = query.where('cluster', '=', cluster);
  if (service !== undefined) {
    query = query.where((eb) =>
      eb.or([eb('service_name', '=', service), eb('service_id', '=', service)]),
    );
  }
  if (image !== undefined) {
    const asked = askedImage(image);
    query = query.where((eb) =>
      eb.or([
        eb('name', '=', asked),
        eb(eb.fn<string>('concat', ['name', literal(':'), 'tag']), '=', asked),
        // A deployment that moved a service away from the image is also about it.
        eb(eb.fn<string>('concat', ['name', literal(':'), 'from_tag']), '=', asked),
      ]),
    );
  }
  if (state !== undefined) query = query.where('state', '=', state);
  if (digest !== undefined) {
    query = query.where((eb) =>
      eb.or([
        eb('to_digest', '=', digest),
        eb(
          'to_digest',
          'in',
          eb.selectFrom('index_members').select('digest').where('member', '=', digest),
        ),
      ]),
    );
  }
  if (delivery !== undefined) {
    query = query.where((eb) =>
      eb.or([
        eb('id', 'in', deploymentsOfDelivery(db, delivery)),
        eb(
          'id',
          'in',
          eb
            .selectFrom('triggers')
            .select('deployment_id')
            .where('kind', '=', 'hook')
            .where('source', '=', delivery),
        ),
      ]),
    );
  }
  if (since !== undefined) query = query.where('queued_at', '>=', Date.parse(since));
  if (until !== undefined) query = query.where('queued_at', '<', Date.parse(until));
  const words = wordsOf(q);
  if (words.length > 0) {
    for (const word of words) query = query.where(holdsWord(word));
    const { rows, next } = await searchInSlices(db, page, (after, down, limit) => {
      const part = after === null ? query : query.where('id', '<', after);
      const slice = down === null ? part : part.where('id', '>=', down);
      return slice.orderBy('id', 'desc').limit(limit).execute();
    });
    return { items: await toViews(db, rows), next };
  }
  if (page.after !== null) query = query.where('id', '<', page.after);
  const rows = await query
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
    .execute();
  const { shown, next } = cutPage(rows, page);
  return {
    items: await toViews(db, shown),
    next,
  };
};

export const readDeployment = async (db: Db, id: string): Promise<DeploymentView | null> => {
  const row = await db
    .selectFrom('deployments')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  const [view] = row === undefined ? [] : await toViews(db, [row], 'every step');
  if (view === undefined) return null;
  const forge = await readForgeView(db, id);
  return forge === null ? view : { ...view, forge };
};

/** The last deployment of each service of a cluster, by the service's id. */
export const latestDeployments = async (
  db: Db,
  cluster: string,
): Promise<
  ReadonlyMap<
    string,
    { readonly id: string; readonly to: string | null; readonly build: BuildFacts | null }
  >
> => {
  const rows = await db
    .selectFrom('deployments')
    .select(['id', 'service_id', 'to_digest', 'build'])
    // Those without a later one of the same service.
    .where('id', 'in', (newest) =>
      newest
        .selectFrom('deployments')
        .select((eb) => eb.fn.max('id').as('id'))
        .where('cluster', '=', cluster)
        .groupBy('service_id'),
    )
    .execute();
  return new Map(
    rows.map((row) => [
      row.service_id,
      { id: row.id, to: row.to_digest, build: readOptionalJson<BuildFacts>(row.build) },
    ]),
  );
};

/** The build facts of these digests, as read for a deployment to them. */
export const readBuilds = async (
  db: Db,
  digests: readonly string[],
): Promise<ReadonlyMap<string, BuildFacts>> => {
  if (digests.length === 0) return new Map();
  const rows = await db
    .selectFrom('deployments')
    .select(['to_digest', 'build'])
    .where('id', 'in', (newest) =>
      newest
        .selectFrom('deployments')
        .select((eb) => eb.fn.max('id').as('id'))
        .where((eb) => isAmong(eb.ref('to_digest'), digests))
        .where('build', 'is not', null)
        .groupBy('to_digest'),
    )
    .execute();
  return new Map(
    rows.flatMap((row): [string, BuildFacts][] => {
      const build = readOptionalJson<BuildFacts>(row.build);
      return row.to_digest === null || build === null ? [] : [[row.to_digest, build]];
    }),
  );
};

const toViews = async (
  db: Db,
  rows: readonly Selectable<DeploymentRow>[],
  wanted: 'every step' | 'no tasks' = 'no tasks',
): Promise<DeploymentView[]> => {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const [steps, triggers, pushes] = await Promise.all([
    db
      .selectFrom('deployment_steps')
      .selectAll()
      .where('deployment_id', 'in', ids)
      .$if(wanted === 'no tasks', (query) => query.where('step', '!=', 'tasks'))
      .orderBy('id')
      .execute(),
    db.selectFrom('triggers').selectAll().where('deployment_id', 'in', ids).orderBy('at').execute(),
    countPushes(db, ids),
  ]);
  const stepsOf = Map.groupBy(steps, (step) => step.deployment_id);
  const stepsShown = (id: string): readonly StepView[] => (stepsOf.get(id) ?? []).map(toStep);
  const triggersOf = Map.groupBy(triggers, (trigger) => trigger.deployment_id);
  const alsoHeldShown = (id: string): Pick<DeploymentView, 'alsoHeld'> => {
    const digests = alsoHeld(stepsShown(id));
    return digests.length === 0 ? {} : { alsoHeld: digests };
  };
  return rows.map((row) => ({
    id: row.id,
    cluster: row.cluster,
    service: { id: row.service_id, name: row.service_name },
    image: `${row.name}:${row.tag}`,
    from: row.from_digest,
    to: row.to_digest,
    fromTag: row.from_tag ?? row.tag,
    toTag: row.tag,
    cause: row.cause,
    state: row.state,
    reason: row.reason,
    triggers: (triggersOf.get(row.id) ?? []).map(toTrigger),
    triggerCount: countTriggers(triggersOf.get(row.id) ?? [], pushes.get(row.id) ?? 0),
    queuedAt: rfc3339(row.queued_at),
    startedAt: optionalRfc3339(row.started_at),
    endedAt: optionalRfc3339(row.ended_at),
    pullingSince: pullingSince(stepsShown(row.id), row.ended_at === null),
    ...alsoHeldShown(row.id),
    steps: stepsShown(row.id),
    failure: readFailure(row.failure),
    build: readOptionalJson<BuildFacts>(row.build),
    changes: readOptionalJson<readonly SpecChange[]>(row.changes),
  }));
};

/** The number of pushes that led to each deployment, from the checks that queued or joined it. */
const countPushes = async (
  db: Db,
  deployments: readonly string[],
): Promise<ReadonlyMap<string, number>> => {
  const rows = await db
    .selectFrom('check_deployments')
    .innerJoin('checks', 'checks.id', 'check_deployments.check_id')
    .select((eb) => ['deployment_id', eb.fn.sum<number>('checks.pushes').as('pushes')])
    .where('deployment_id', 'in', deployments)
    .groupBy('deployment_id')
    .execute();
  return new Map(rows.map((row) => [row.deployment_id, row.pushes]));
};

/** Only two webhook triggers are kept. Triggers from an earlier version are all kept. */
const countTriggers = (kept: readonly Selectable<TriggerRow>[], pushes: number): number => {
  const hooks = kept.filter(({ kind }) => kind === 'hook').length;
  return kept.length - hooks + Math.max(hooks, pushes);
};

const toStep = (row: Selectable<StepRow>): StepView => ({
  at: rfc3339(row.at),
  step: row.step,
  detail: readJson(row.detail),
});

const toTrigger = ({ kind, source }: Selectable<TriggerRow>): TriggerView => {
  switch (kind) {
    case 'hook':
      return { kind, delivery: source };
    case 'smart-redeploy':
    case 'schedule':
      return { kind, run: source };
    case 'person':
      return { kind, actor: source };
    default:
      return kind satisfies never;
  }
};

export type DigestInHistory = {
  readonly digest: Digest;
  /** The last tag that the service had with it. */
  readonly tag: string;
  readonly build: BuildFacts | null;
};

/** Every digest in the service's recent deployments, from or to, newest first, each once. */
export const digestsInHistory = async (
  db: Db,
  cluster: string,
  serviceId: string,
): Promise<readonly DigestInHistory[]> => {
  const rows = await db
    .selectFrom('deployments')
    .select(['from_digest', 'from_tag', 'to_digest', 'tag', 'build'])
    .where('cluster', '=', cluster)
    .where('service_id', '=', serviceId)
    .orderBy('id', 'desc')
    .limit(MOST_LOOKED_BACK)
    .execute();
  const found = new Map<string, Omit<DigestInHistory, 'digest'>>();
  for (const { from_digest, from_tag, to_digest, tag, build } of rows) {
    // The deployment to a digest knows more about it than the one away from it.
    if (to_digest !== null && (found.get(to_digest)?.build ?? null) === null) {
      const known = found.get(to_digest)?.tag ?? tag;
      found.set(to_digest, { tag: known, build: readOptionalJson<BuildFacts>(build) });
    }
    if (from_digest !== null && !found.has(from_digest)) {
      found.set(from_digest, { tag: from_tag ?? tag, build: null });
    }
  }
  return [...found].map(([digest, facts]) => ({ ...facts, digest: digest as Digest }));
};

/** The end of a service's newest deployment that did anything; null if there is none. */
export const lastEnded = async (
  db: Db,
  cluster: string,
  serviceId: string,
): Promise<{ state: DeploymentState; from: Digest | null; to: Digest | null } | null> => {
  const row = await db
    .selectFrom('deployments')
    .select(['state', 'from_digest', 'to_digest'])
    .where('cluster', '=', cluster)
    .where('service_id', '=', serviceId)
    .where('state', 'in', ['succeeded', 'failed', 'rolled-back'])
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { state, from_digest, to_digest } = row;
  return { state, from: from_digest as Digest | null, to: to_digest as Digest | null };
};
