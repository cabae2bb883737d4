import { DatabaseError } from 'pg';
import { StoreError } from '../query/store-error.ts';
import { type FailureKind, StoreFailure } from '../../core/store-failure.ts';

/**
 * PostgreSQL's error codes, the longest prefix first (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
const KINDS: readonly (readonly [code: string, kind: FailureKind])[] = [
  ['57P', 'unreachable'],
  ['08', 'unreachable'],
  ['53300', 'exhausted'],
  ['53100', 'full'],
  ['57014', 'slow'],
  ['55P03', 'slow'],
  ['25P03', 'slow'],
  ['25006', 'read-only'],
  ['28', 'refused'],
  ['3D000', 'refused'],
  ['42501', 'refused'],
  // The database accepts no connections now.
  ['55000', 'refused'],
];

/** The only sign in `pg` of an answer that did not arrive. */
const NO_ANSWER = 'Query read timeout';

const kindOf = (error: unknown): FailureKind | null => {
  if (!(error instanceof DatabaseError)) {
    if (error instanceof TypeError || error instanceof StoreError) return null;
    return error instanceof Error && error.message === NO_ANSWER ? 'slow' : 'unreachable';
  }
  const { code = '' } = error;
  return KINDS.find(([begins]) => code.startsWith(begins))?.[1] ?? null;
};

/** If several attempts at one host fail, each has its own error, and the message of their AggregateError is empty. */
const reasonOf = (error: unknown): string => {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? error.message : String(error);
};

/** Converts an error of `pg` into a failure of the database. An error of the query itself is returned unchanged. */
export const asFailure = (error: unknown, server: string): unknown => {
  if (error instanceof StoreFailure) return error;
  const kind = kindOf(error);
  return kind === null
    ? error
    : new StoreFailure(kind, `PostgreSQL ${server}: ${reasonOf(error)}`, error);
};

/** Whether a connection is still usable after an error: the server answered, and carries on. */
export const isUsableAfter = (error: unknown): boolean => {
  const kind = kindOf(error);
  // A server that accepts no writes now is replaced by another.
  return error instanceof DatabaseError && kind !== 'unreachable' && kind !== 'read-only';
};
