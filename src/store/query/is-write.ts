import type { RootOperationNode } from 'kysely';

const WRITES: readonly string[] = ['InsertQueryNode', 'UpdateQueryNode', 'DeleteQueryNode'];

/** Whether a query changes rows. A driver gives such a query its own transaction if there is none. */
export const isWrite = ({ kind }: RootOperationNode): boolean => WRITES.includes(kind);
