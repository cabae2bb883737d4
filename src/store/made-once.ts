import type { Compilable, CompiledQuery } from 'kysely';
import type { Query } from './open-store.ts';

type Value = string | number | null;

/** Stands for the value of a place while the query is made. */
class Place {
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

/**
 * A query that is made into SQL when it is first run, and run with other values from then on: for those that
 * every look and every run asks, where the making costs ten times as much as the asking. `make` must make the same
 * query whatever it is given, with each value as it is: it sees no value, only what stands in its place.
 */
export const madeOnce = <Values extends readonly Value[], Row>(
  make: (query: Query, ...values: Values) => Compilable<Row>,
): ((query: Query, ...values: Values) => Promise<readonly Row[]>) => {
  let made: CompiledQuery<Row> | null = null;
  return async (query, ...values) => {
    // Kysely passes on what it does not know, so a place is as good as any value.
    made ??= make(
      query,
      ...(values.map((_, index) => new Place(index)) as readonly unknown[] as Values),
    ).compile();
    const parameters = made.parameters.map((one) =>
      one instanceof Place ? values[one.index] : one,
    );
    return (await query.executeQuery<Row>({ ...made, parameters })).rows;
  };
};
