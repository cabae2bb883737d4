import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import { askedImage } from '../../core/image/asked-image.ts';
import type { BuildFacts } from '../../core/image/published.ts';
import type { DeploymentFilter, PageRequest } from '../../core/contract/list-filters.ts';
import type { DeploymentView, Page } from '../../core/contract/views.ts';
import { deploymentsOfDelivery } from './deployments-of-delivery.ts';
import { cutPage } from '../query/cut-page.ts';
import { readForgeView } from '../forge/reports.ts';
import { readOptionalJson } from '../query/json.ts';
import type { Db } from '../query/db.ts';
import { literal, holdText, isAmong, jsonField } from '../query/fragments.ts';
import { searchInSlices } from '../query/search-in-slices.ts';
import type { Tables } from '../tables/tables.ts';
import { toViews } from './deployment-views.ts';
import { isWithin } from './deployments-within.ts';

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
