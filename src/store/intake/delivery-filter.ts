import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import { askedImage } from '../../core/image/asked-image.ts';
import type { DeliveryFilter, DeliveryOutcome } from '../../core/contract/list-filters.ts';
import { literal } from '../query/fragments.ts';
import type { Tables } from '../tables/tables.ts';

type Eb = ExpressionBuilder<Tables, 'deliveries'>;

/** By sender and time: these filters also apply to deliveries without a push. */
export const isSentBy =
  ({ sender, secret, since, until }: DeliveryFilter) =>
  (eb: Eb): Expression<SqlBool> =>
    eb.and([
      ...(sender === undefined ? [] : [eb('sender', '=', sender)]),
      ...(secret === undefined ? [] : [eb('secret', '=', secret)]),
      ...(since === undefined ? [] : [eb('received_at', '>=', Date.parse(since))]),
      ...(until === undefined ? [] : [eb('received_at', '<', Date.parse(until))]),
    ]);

/** It contained no push. The zero is part of the text, as in the index. */
export const isIgnored = (eb: Eb): Expression<SqlBool> => eb('counted', '=', eb.lit(0));

const hasPushOf = (eb: Eb, images: readonly string[]): Expression<SqlBool> =>
  eb(
    'id',
    'in',
    eb
      .selectFrom('pushes')
      .select('delivery_id')
      .where((push) =>
        push(push.fn<string>('concat', ['name', literal(':'), 'tag']), 'in', images),
      ),
  );

/** If the query has no tag, any tag matches. */
const hasPushOfAsked = (eb: Eb, image: string): Expression<SqlBool> => {
  const asked = askedImage(image);
  return eb.exists(
    eb
      .selectFrom('pushes')
      .select('id')
      .whereRef('delivery_id', '=', 'deliveries.id')
      .where((push) =>
        push.or([
          push('name', '=', asked),
          push(push.fn<string>('concat', ['name', literal(':'), 'tag']), '=', asked),
        ]),
      ),
  );
};

const hasOutcome = (eb: Eb, outcome: DeliveryOutcome): Expression<SqlBool> => {
  if (outcome === 'ignored') return isIgnored(eb);
  if (outcome === 'duplicate') return eb('duplicate_of', 'is not', null);
  return eb.exists(
    eb
      .selectFrom('pushes')
      .innerJoin('push_results', 'push_results.push_id', 'pushes.id')
      .select('pushes.id')
      .whereRef('pushes.delivery_id', '=', 'deliveries.id')
      .where((result) =>
        outcome === 'waiting'
          ? result('push_results.state', '=', 'waiting')
          : result('push_results.outcome', '=', outcome),
      ),
  );
};

/** The deliveries that a list shows: those with a push, unless the query asks for others. */
export const isShown =
  (filter: DeliveryFilter) =>
  (eb: Eb): Expression<SqlBool> => {
    const { ignored, outcome, image, images } = filter;
    const isAll = ignored === true || outcome === 'ignored';
    return eb.and([
      isSentBy(filter)(eb),
      ...(isAll ? [] : [eb('counted', '=', 1)]),
      ...(images === undefined ? [] : [hasPushOf(eb, images)]),
      ...(image === undefined ? [] : [hasPushOfAsked(eb, image)]),
      ...(outcome === undefined ? [] : [hasOutcome(eb, outcome)]),
    ]);
  };
