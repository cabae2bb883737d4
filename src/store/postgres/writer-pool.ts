import { Client, type ClientBase, Pool, type PoolClient } from 'pg';
import type { PostgresAddress } from '../../core/store-setting.ts';
import { clientOptions, CONNECT_WITHIN_MS } from './client-options.ts';
import { StoreFailure } from '../../core/store-failure.ts';
import { asFailure } from './as-failure.ts';

/** Connections to the server that accepts writes. */
export type WriterPool = {
  /** @throws {StoreFailure} */
  readonly connect: () => Promise<PoolClient>;
  /** The current server, for people. */
  readonly server: () => string;
  /** The number of connections in use, and of queries that wait for one. */
  readonly connections: () => { readonly inUse: number; readonly waiting: number };
  readonly end: () => Promise<void>;
};

/** Chooses among hosts: the one that last worked, and after a failure the next. */
const createHosts = ({ hosts }: PostgresAddress) => {
  let preferred = 0;
  const host = () => hosts[preferred] ?? { host: '', port: 0 };
  return {
    count: hosts.length,
    host,
    name: () => `${host().host}:${host().port}`,
    /** Moves on only once, even if several connections failed at the same host. */
    leave: (name: string): void => {
      if (name === `${host().host}:${host().port}`) preferred = (preferred + 1) % hosts.length;
    },
  };
};
type Hosts = ReturnType<typeof createHosts>;

const requireWriter = async (client: ClientBase, server: string): Promise<void> => {
  const { rows } = await client.query(
    `select pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as reads`,
  );
  if ((rows[0] as { reads: boolean }).reads) {
    throw new StoreFailure('read-only', `PostgreSQL ${server} is read-only: it is a standby`);
  }
};

/** Tries each host once, starting with the preferred one. */
const atAnyHost = async <T>(hosts: Hosts, connect: () => Promise<T>): Promise<T> => {
  const failures: unknown[] = [];
  for (;;) {
    const name = hosts.name();
    try {
      return await connect();
    } catch (error) {
      const failure = asFailure(error, name);
      failures.push(failure);
      const isElsewhere = failure instanceof StoreFailure && failure.kind !== 'exhausted';
      if (isElsewhere) hosts.leave(name);
      if (!isElsewhere || failures.length === hosts.count) throw sumOf(failures);
    }
  }
};

/** One failure for all hosts. If only one host gives a reason, the failure names that host. */
const sumOf = (failures: readonly unknown[]): unknown => {
  const last = failures.at(-1);
  if (failures.length === 1 || !(last instanceof StoreFailure)) return last;
  const texts = failures.map((one) => (one instanceof Error ? one.message : String(one)));
  return new StoreFailure(last.kind, texts.join('; '), last);
};

/** A separate connection to the server that accepts writes. `end` closes it. */
export const connectToWriter = (address: PostgresAddress): Promise<Client> => {
  const hosts = createHosts(address);
  return atAnyHost(hosts, async () => {
    const client = new Client(clientOptions(address, hosts.host()));
    // If it breaks while idle, the next query notices.
    client.on('error', () => {});
    try {
      await client.connect();
      if (hosts.count > 1) await requireWriter(client, hosts.name());
      return client;
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
  });
};

/** Opens connections on demand, up to `size`. */
export const createWriterPool = (address: PostgresAddress, size: number): WriterPool => {
  const hosts = createHosts(address);
  class ClientOfHost extends Client {
    constructor() {
      super(clientOptions(address, hosts.host()));
      // If it breaks between two queries of a transaction, the next query notices. An error without a listener would
      // end the process.
      this.on('error', () => {});
    }
  }
  const pool = new Pool({
    Client: ClientOfHost,
    max: size,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    // pg's pool waits for the promise, although its types do not say so.
    // oxlint-disable-next-line typescript/no-misused-promises
    ...(hosts.count > 1 ? { onConnect: (client) => requireWriter(client, hosts.name()) } : {}),
  });
  // A connection that breaks while idle is replaced by the next request for one.
  pool.on('error', () => {});
  const connectOnce = async (): Promise<PoolClient> => {
    try {
      return await pool.connect();
    } catch (error) {
      // All are in use: this is not the server's fault.
      if (error instanceof Error && error.message === NO_CONNECTION_FREE) {
        const text = `none of the store's ${size} connections became free within ${CONNECT_WITHIN_MS / 1000} s`;
        throw new StoreFailure('exhausted', text, error);
      }
      throw error;
    }
  };
  return {
    connect: () => atAnyHost(hosts, connectOnce),
    server: hosts.name,
    connections: () => ({
      inUse: pool.totalCount - pool.idleCount,
      waiting: pool.waitingCount,
    }),
    end: () => pool.end(),
  };
};

/** The only sign in `pg` of an exhausted pool. */
const NO_CONNECTION_FREE = 'timeout exceeded when trying to connect';
