import { type OperationNode, type RawBuilder, RawNode, sql } from 'kysely';

/** A fragment that each database says in its own words. */
export type DialectNode = RawNode & { readonly postgres: () => OperationNode };

export const isDialectNode = (node: RawNode): node is DialectNode => 'postgres' in node;

/**
 * One fragment in the words of both databases. SQLite's compiler takes the first. PostgreSQL's asks for the second
 * (`postgres/query-compiler.ts`), which nobody else has to pay for: every webhook passes here.
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
