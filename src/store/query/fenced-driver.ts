import type {
  CompiledQuery,
  DatabaseConnection,
  Driver,
  QueryResult,
  TransactionSettings,
} from 'kysely';
import { isWrite } from './is-write.ts';

/** A condition that must hold for every write. */
export type Fence = {
  /** Returns a row while it holds. */
  readonly isOpen: CompiledQuery;
  /** Called if it does not hold. Its result is thrown, and nothing is written. */
  readonly refuse: () => Error;
};

class FencedConnection implements DatabaseConnection {
  isInTransaction = false;
  readonly inner: DatabaseConnection;
  readonly #driver: FencedDriver;

  constructor(inner: DatabaseConnection, driver: FencedDriver) {
    this.inner = inner;
    this.#driver = driver;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (this.isInTransaction || !isWrite(query.query)) {
      return this.inner.executeQuery<R>(query);
    }
    await this.#driver.beginTransaction(this, {});
    try {
      const result = await this.inner.executeQuery<R>(query);
      await this.#driver.commitTransaction(this);
      return result;
    } catch (error) {
      await this.#driver.rollbackTransaction(this).catch(() => {});
      throw error;
    }
  }

  streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    return this.inner.streamQuery<R>(query, chunkSize);
  }
}

/**
 * The driver of an open store, for a writer that may write only while a fence is open. Each of its transactions first
 * checks the fence in the same transaction, and each single write is a transaction. It opens and closes nothing.
 */
export class FencedDriver implements Driver {
  readonly #driver: Driver;
  readonly #fence: Fence;

  constructor(driver: Driver, fence: Fence) {
    this.#driver = driver;
    this.#fence = fence;
  }

  async init(): Promise<void> {}
  async destroy(): Promise<void> {}

  async acquireConnection(): Promise<FencedConnection> {
    return new FencedConnection(await this.#driver.acquireConnection(), this);
  }

  async beginTransaction(fenced: FencedConnection, settings: TransactionSettings): Promise<void> {
    await this.#driver.beginTransaction(fenced.inner, settings);
    try {
      const { rows } = await fenced.inner.executeQuery(this.#fence.isOpen);
      if (rows.length === 0) throw this.#fence.refuse();
      fenced.isInTransaction = true;
    } catch (error) {
      await this.#driver.rollbackTransaction(fenced.inner).catch(() => {});
      throw error;
    }
  }

  async commitTransaction(fenced: FencedConnection): Promise<void> {
    fenced.isInTransaction = false;
    await this.#driver.commitTransaction(fenced.inner);
  }

  async rollbackTransaction(fenced: FencedConnection): Promise<void> {
    fenced.isInTransaction = false;
    await this.#driver.rollbackTransaction(fenced.inner);
  }

  releaseConnection(fenced: FencedConnection): Promise<void> {
    return this.#driver.releaseConnection(fenced.inner);
  }
}
