import type { NewDelivery } from '../../core/contract/delivery.ts';
import { imageName } from '../../core/image/image-reference.ts';
import { countPending } from './insert-deliveries.ts';
import type { Query } from '../sqlite/open-store.ts';
import { isAmong, literal } from '../query/fragments.ts';

/** Maximum number of waiting checks. Beyond it, senders are asked to retry. */
export const BACKLOG = 10_000;

const looksOf = (
  { pushes, clusters }: NewDelivery,
  allClusters: readonly string[],
): readonly string[] =>
  pushes.flatMap(({ image }) =>
    (clusters ?? allClusters).map((cluster) => `${cluster} ${imageName(image)}`),
  );

/** The checks of these deliveries that are already waiting. */
const findPending = async (
  query: Query,
  deliveries: readonly NewDelivery[],
): Promise<Set<string>> => {
  const names = deliveries.flatMap(({ pushes }) => pushes.map(({ image }) => imageName(image)));
  const rows = await query
    .selectFrom('look_work')
    .select(['cluster', 'name'])
    .where('state', '=', literal('pending'))
    .where((eb) => isAmong(eb.ref('name'), [...new Set(names)]))
    .execute();
  return new Set(rows.map(({ cluster, name }) => `${cluster} ${name}`));
};

/** The number of waiting checks by secret, each counted for the secret that asked first. */
const countBySecret = async (query: Query): Promise<Map<string, number>> => {
  const rows = await query
    .selectFrom('look_work')
    .select((eb) => ['secret', eb.fn.countAll<number>().as('count')])
    .where('state', '=', literal('pending'))
    .where('secret', 'is not', null)
    .groupBy('secret')
    .execute();
  return new Map(rows.flatMap(({ secret, count }) => (secret === null ? [] : [[secret, count]])));
};

/**
 * Which of these deliveries the backlog has room for. No secret may have more waiting checks than there are free
 * places: a single one gets half of the backlog, the next half of the rest, and there is always room for one that asks
 * for little.
 */
export const shareBacklog = async (
  query: Query,
  deliveries: readonly NewDelivery[],
  allClusters: readonly string[],
): Promise<readonly boolean[]> => {
  const wanted = deliveries.map((one) => looksOf(one, allClusters));
  const waiting = await countPending(query);
  // No secret can exceed its share while less than half is taken.
  if (waiting + new Set(wanted.flat()).size < BACKLOG / 2) return deliveries.map(() => true);
  let free = BACKLOG - waiting;
  const pending = await findPending(query, deliveries);
  const taken = await countBySecret(query);
  return deliveries.map(({ secret, pushes }, index) => {
    if (pushes.length === 0) return true;
    const own = taken.get(secret) ?? 0;
    const more = new Set(wanted[index]).difference(pending);
    // A delivery whose checks all wait already takes no room.
    if (more.size > 0 && own >= free) return false;
    for (const check of more) pending.add(check);
    taken.set(secret, own + more.size);
    free -= more.size;
    return true;
  });
};
