import { type OperationNode, type RawBuilder, RawNode, sql } from 'kysely';

/** A fragment with a separate form for each database. */
export type DialectNode = RawNode & { readonly postgres: () => OperationNode };

export const isDialectNode = (node: RawNode): node is DialectNode => 'postgres' in node;

/**
 * A fragment in the forms of both databases. SQLite's compiler takes the first, PostgreSQL's asks for the second
 * (`postgres/query-compiler.ts`). The second is built only on demand, because every webhook passes here.
 */
export const inWords = <T>(words: {
  readonly sqlite: RawBuilder<T>;
  readonly postgres: () => RawBuilder<T>;
}): RawBuilder<T> => {
  const toOperationNode = (): OperationNode => {
    const node = RawNode.createWithChild(words.sqlite.toOperationNode());
    const both: DialectNode = { ...node, postgres: () => words.postgres().toOperationNode() };
    return both;
  };
  return sql<T>`${{ toOperationNode }}`;
};
