import { FAILURE_KINDS, type FailureKind, type StoreFailure } from '../../core/store-failure.ts';

/** Facts about the database server that holds the store. */
export type StoreServer = {
  /** How often it failed since the start, by kind. */
  readonly failures: () => Readonly<Record<FailureKind, number>>;
  /** The newest failure since the last call. */
  readonly takeFailure: () => StoreFailure | null;
  /** Connections in use, and queries that wait for one. */
  readonly connections: () => { readonly inUse: number; readonly waiting: number };
};

/** Counts failures. */
export const createFailureBook = (): Pick<StoreServer, 'failures' | 'takeFailure'> & {
  readonly note: (failure: StoreFailure) => void;
} => {
  const counts = Object.fromEntries(FAILURE_KINDS.map((kind) => [kind, 0])) as Record<
    FailureKind,
    number
  >;
  let newest: StoreFailure | null = null;
  return {
    note: (failure) => {
      counts[failure.kind] += 1;
      newest = failure;
    },
    failures: () => ({ ...counts }),
    takeFailure: () => {
      const taken = newest;
      newest = null;
      return taken;
    },
  };
};
