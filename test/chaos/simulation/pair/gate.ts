import type {
  CompiledQuery,
  DatabaseConnection,
  Driver,
  QueryResult,
  TransactionSettings,
} from 'kysely';
import { sql } from 'kysely';
import { StoreFailure } from '../../../../src/core/store-failure.ts';
import type { StoreTime } from '../../../../src/store/leases/store-time.ts';
import { isWrite } from '../../../../src/store/query/is-write.ts';
import type { Clock } from '../../../../src/work/loop/clock.ts';
import type { Turns } from '../turns.ts';
import { cutOff, type Line } from './line.ts';
import type { LeaseNotes, NotedLease } from './lease-notes.ts';

/** Stands for the time at which the server runs the query. */
const SERVER_TIME = -4_242;
export const serverTime: StoreTime = () => sql<number>`cast(${SERVER_TIME} as bigint)`;

/** How long the server waits for the next statement of a transaction before it ends it. */
const LONGEST_PAUSE_MS = 5_000;

/** The server that all helpers of a scenario share. */
export type Server = {
  readonly clock: Clock;
  readonly turns: Turns;
  /** Statements that it runs now. */
  inProgress: number;
  /** Called when it has answered all of them. */
  onAnswered: () => void;
  /** The transaction that has the writers' turn. */
  writer: GateConnection | null;
};

/** One process of the helper at the server. */
export type Visitor = {
  readonly line: Line;
  readonly isGone: () => boolean;
  readonly written: LeaseNotes;
};

/**
 * A connection that exists from its first statement on, so that the order of statements never depends on how long it
 * takes to connect.
 */
class GateConnection implements DatabaseConnection {
  readonly #gate: GateDriver;
  #inner: DatabaseConnection | null = null;
  isOpen = false;
  /** The server has ended the transaction. */
  isEnded = false;
  /** The lease in whose name this transaction writes. */
  lease: NotedLease | null = null;

  constructor(gate: GateDriver) {
    this.#gate = gate;
  }

  async inner(): Promise<DatabaseConnection> {
    this.#inner ??= await this.#gate.driver.acquireConnection();
    return this.#inner;
  }

  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const now = this.#gate.server.clock.now;
    const writes = isWrite(query.query);
    if (writes) this.lease ??= this.#gate.leaseOf(query);
    const run = async (): Promise<QueryResult<R>> => {
      const parameters = query.parameters.map((one) => (one === SERVER_TIME ? now() : one));
      return (await this.inner()).executeQuery<R>({ ...query, parameters });
    };
    return this.#gate.statement(this, writes, run);
  }

  // The store never streams.
  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('the store streams no rows');
  }

  async release(): Promise<void> {
    if (this.#inner !== null) await this.#gate.driver.releaseConnection(this.#inner);
    this.#inner = null;
  }
}

/**
 * In front of a store's driver: every transaction and every statement outside of one waits for its turn, and for the
 * writers' turn if it writes. Nothing passes while the process stands still, is gone or is cut off.
 */
export class GateDriver implements Driver {
  readonly driver: Driver;
  readonly server: Server;
  readonly #visitor: Visitor;
  readonly #open = new Set<GateConnection>();

  constructor(driver: Driver, server: Server, visitor: Visitor) {
    this.driver = driver;
    this.server = server;
    this.#visitor = visitor;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<GateConnection> {
    return new GateConnection(this);
  }

  async beginTransaction(connection: GateConnection, settings: TransactionSettings): Promise<void> {
    const writes = settings.accessMode !== 'read only';
    await this.#inTurn(writes, async () => {
      await this.driver.beginTransaction(await connection.inner(), settings);
      connection.isOpen = true;
      connection.isEnded = false;
      connection.lease = null;
      this.#open.add(connection);
      if (writes) this.server.writer = connection;
    });
  }

  async commitTransaction(connection: GateConnection): Promise<void> {
    await this.#inTurn(false, async () => {
      await this.#requireOpen(connection);
      const inner = await connection.inner();
      if (connection.lease !== null) await this.#visitor.written.judge(inner, connection.lease);
      await this.driver.commitTransaction(inner);
      this.#close(connection);
    });
    await this.#answer();
  }

  /** Also what the server does when a process is gone. */
  async rollbackTransaction(connection: GateConnection): Promise<void> {
    if (!connection.isOpen) return;
    this.#close(connection);
    const inner = await connection.inner();
    await this.#counted(() => this.driver.rollbackTransaction(inner));
  }

  releaseConnection(connection: GateConnection): Promise<void> {
    return connection.release();
  }

  destroy(): Promise<void> {
    return this.driver.destroy();
  }

  leaseOf(query: CompiledQuery): NotedLease | null {
    return this.#visitor.written.leaseOf(query);
  }

  /** Nobody sees what happens between the statements of a transaction, so only its begin and end wait for a turn. */
  async statement<R>(
    connection: GateConnection,
    writes: boolean,
    run: () => Promise<R>,
  ): Promise<R> {
    if (connection.isOpen || connection.isEnded) {
      await this.#requireOpen(connection);
      return this.#counted(run);
    }
    const result = await this.#inTurn(writes, run);
    if (writes) await this.#answer();
    return result;
  }

  /** The server ends the transactions of a process that stands still for long. */
  onPause(): void {
    for (const connection of this.#open) void this.#endLater(connection);
  }

  async #endLater(connection: GateConnection): Promise<void> {
    await this.server.clock.wait(LONGEST_PAUSE_MS, new AbortController().signal);
    if (this.#visitor.line.mayGo() || !this.#open.has(connection)) return;
    connection.isEnded = true;
    await this.rollbackTransaction(connection);
  }

  #close(connection: GateConnection): void {
    connection.isOpen = false;
    this.#open.delete(connection);
    if (this.server.writer === connection) this.server.writer = null;
  }

  async #requireOpen(connection: GateConnection): Promise<void> {
    if (connection.isEnded) throw new StoreFailure('slow', 'the server ended the transaction');
    if (this.#visitor.line.isCutFrom('database')) {
      await this.rollbackTransaction(connection);
      throw cutOff();
    }
  }

  #inTurn<T>(writes: boolean, doing: () => Promise<T>): Promise<T> {
    const visitor = this.#visitor;
    const ask = async (): Promise<T> => {
      if (visitor.isGone()) throw new Error('the process is gone');
      if (visitor.line.isCutFrom('database')) throw cutOff();
      return this.#counted(doing);
    };
    const mayGo = (): boolean =>
      visitor.line.mayGo() && (!writes || this.server.writer === null || visitor.isGone());
    return this.server.turns.take(ask, mayGo);
  }

  /** The answer to a write can come later, or never. */
  #answer(): Promise<void> {
    const { line } = this.#visitor;
    const arrive = async (): Promise<void> => {
      if (line.isCutFrom('database')) throw cutOff();
    };
    return this.server.turns.take(arrive, line.mayGo);
  }

  async #counted<T>(doing: () => Promise<T>): Promise<T> {
    this.server.inProgress += 1;
    try {
      return await doing();
    } finally {
      this.server.inProgress -= 1;
      if (this.server.inProgress === 0) this.server.onAnswered();
    }
  }
}
