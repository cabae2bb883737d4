import { DatabaseError } from 'pg';
import { StoreError } from '../query/store-error.ts';
import { type FailureKind, StoreFailure } from '../../core/store-failure.ts';

/** PostgreSQL's codes, the longest beginning first (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
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

/** The only sign that `pg` gives of an answer that did not come. */
const NO_ANSWER = 'Query read timeout';

const kindOf = (error: unknown): FailureKind | null => {
  if (!(error instanceof DatabaseError)) {
    if (error instanceof TypeError || error instanceof StoreError) return null;
    return error instanceof Error && error.message === NO_ANSWER ? 'slow' : 'unreachable';
  }
  const { code = '' } = error;
  return KINDS.find(([begins]) => code.startsWith(begins))?.[1] ?? null;
};

/** Several attempts at one host fail each with an error of its own, and their sum says nothing. */
const reasonOf = (error: unknown): string => {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? error.message : String(error);
};

/** An error of `pg` as a failure of the database; what is a fault of the query itself stays as it is. */
export const asFailure = (error: unknown, server: string): unknown => {
  if (error instanceof StoreFailure) return error;
  const kind = kindOf(error);
  return kind === null
    ? error
    : new StoreFailure(kind, `PostgreSQL ${server}: ${reasonOf(error)}`, error);
};

/** Whether a connection can still be used after an error: the server answered, and goes on. */
export const isUsableAfter = (error: unknown): boolean => {
  const kind = kindOf(error);
  // A server that takes no writes now is left for another.
  return error instanceof DatabaseError && kind !== 'unreachable' && kind !== 'read-only';
};
