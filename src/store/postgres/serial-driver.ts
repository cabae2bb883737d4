import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
  type TransactionSettings,
} from 'kysely';
import { escapeLiteral, type PoolClient } from 'pg';
import { StoreFailure } from '../../core/store-failure.ts';
import { isWrite } from '../query/is-write.ts';
import { plainText } from '../query/plain-text.ts';
import { asFailure, isUsableAfter } from './as-failure.ts';
import type { WriterPool } from './writer-pool.ts';

/** Maximum duration of a statement, including the wait for its turn. */
const STATEMENT_MS = 7_000;
/** A transaction of an instance that has stopped is ended after this time, so that others get their turn. */
const LONGEST_PAUSE_MS = 5_000;

export type Told = {
  readonly schema: string;
  /** Called after each commit of a write. */
  readonly onWrite: () => void;
  /** How other instances are notified of each commit of a write; null to notify nobody. */
  readonly notify: { readonly channel: string; readonly own: string } | null;
} & Pick<Deps, 'onFailure'>;

/**
 * Begins a transaction that writes. It takes a lock until it ends: writers take turns, as in SQLite. This makes
 * everything that reads before it writes (queue a deployment, take a request key, add a hold, …) safe, even between
 * instances, without separate rules. Readers need no turn. Lock and limits last as long as the transaction, so they
 * work behind a pooler.
 */
const beginOf = ({ schema, notify }: Pick<Told, 'schema' | 'notify'>): string => {
  const turn = `pg_advisory_xact_lock(hashtextextended(${escapeLiteral(`cd-helper ${schema}`)}, 0))`;
  const told =
    notify === null
      ? ''
      : `, pg_notify(${escapeLiteral(notify.channel)}, ${escapeLiteral(notify.own)})`;
  return `begin;
   set local statement_timeout = ${STATEMENT_MS};
   set local idle_in_transaction_session_timeout = ${LONGEST_PAUSE_MS};
   select ${turn}${told}`;
};

/** Begins a long read of one snapshot of the store, while writers continue. */
const BEGIN_READING = `start transaction isolation level repeatable read read only;
   set local statement_timeout = ${STATEMENT_MS};
   set local idle_in_transaction_session_timeout = 0`;

const plain = (value: unknown): unknown => {
  if (typeof value === 'string') return plainText(value);
  return Array.isArray(value) ? value.map(plain) : value;
};

type Deps = {
  readonly begin: string;
  readonly server: () => string;
  /** Called after each commit. */
  readonly onWrite: () => void;
  readonly onFailure: (failure: StoreFailure) => void;
};

const noted = (error: unknown, { onFailure }: Pick<Deps, 'onFailure'>): unknown => {
  if (error instanceof StoreFailure) onFailure(error);
  return error;
};

/** A connection on which each write outside a transaction gets its own transaction, which waits for its turn. */
class SerialConnection implements DatabaseConnection {
  readonly #client: PoolClient;
  readonly #deps: Deps;
  #isInTransaction = false;
  #isBroken = false;

  constructor(client: PoolClient, deps: Deps) {
    this.#client = client;
    this.#deps = deps;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (this.#isInTransaction || !isWrite(query.query)) return this.#run<R>(query);
    await this.begin();
    try {
      const result = await this.#run<R>(query);
      await this.commit();
      return result;
    } catch (error) {
      await this.rollback();
      throw error;
    }
  }

  async begin(how = this.#deps.begin): Promise<void> {
    this.#isInTransaction = true;
    try {
      await this.#send(how);
    } catch (error) {
      await this.rollback();
      throw error;
    }
  }

  async commit(): Promise<void> {
    const { command } = await this.#send('commit');
    // PostgreSQL ends a transaction with ROLLBACK if one of its statements failed.
    if (command === 'ROLLBACK') throw new Error('the transaction was undone by PostgreSQL');
    this.#isInTransaction = false;
    this.#deps.onWrite();
  }

  /** Rolls back what is open. If that fails, the connection is closed, and PostgreSQL rolls back. */
  async rollback(): Promise<void> {
    if (!this.#isInTransaction) return;
    this.#isInTransaction = false;
    if (!this.#isBroken) await this.#send('rollback').catch(() => {});
  }

  async #run<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { command, rowCount, rows } = await this.#send(query.sql, query.parameters.map(plain));
    const isChange = ['INSERT', 'UPDATE', 'DELETE'].includes(command);
    return {
      rows: rows as R[],
      ...(isChange ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}),
    };
  }

  async #send(text: string, values?: unknown[]) {
    try {
      return await this.#client.query(text, values);
    } catch (error) {
      if (!isUsableAfter(error)) this.#isBroken = true;
      throw noted(asFailure(error, this.#deps.server()), this.#deps);
    }
  }

  // The store never streams.
  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new StoreFailure('refused', 'the store streams no rows');
  }

  release(): void {
    this.#client.release(this.#isBroken);
  }
}

/** Kysely's driver for PostgreSQL, with writers taking turns. */
export class SerialDriver implements Driver {
  readonly #pool: WriterPool;
  readonly #deps: Deps;

  constructor(pool: WriterPool, { schema, notify, ...told }: Told) {
    this.#pool = pool;
    this.#deps = { begin: beginOf({ schema, notify }), server: pool.server, ...told };
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<SerialConnection> {
    try {
      return new SerialConnection(await this.#pool.connect(), this.#deps);
    } catch (error) {
      throw noted(error, this.#deps);
    }
  }

  beginTransaction(
    connection: SerialConnection,
    { accessMode }: TransactionSettings,
  ): Promise<void> {
    return accessMode === 'read only' ? connection.begin(BEGIN_READING) : connection.begin();
  }

  commitTransaction(connection: SerialConnection): Promise<void> {
    return connection.commit();
  }

  rollbackTransaction(connection: SerialConnection): Promise<void> {
    return connection.rollback();
  }

  async releaseConnection(connection: SerialConnection): Promise<void> {
    connection.release();
  }

  destroy(): Promise<void> {
    return this.#pool.end();
  }
}
