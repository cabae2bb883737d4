import type { RootOperationNode } from 'kysely';

const WRITES: readonly string[] = ['InsertQueryNode', 'UpdateQueryNode', 'DeleteQueryNode'];

/** Whether a query changes rows; a driver makes one outside a transaction a transaction of its own. */
export const isWrite = ({ kind }: RootOperationNode): boolean => WRITES.includes(kind);
