import { appendFileSync, chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kill } from '../machine/child.ts';
import {
  claimFolder,
  FOLDER_PREFIX,
  removeAbandoned,
  removeLeftovers,
} from '../machine/leftovers.ts';
import { stopOnSignals } from '../machine/stop-on-signals.ts';
import { ensurePostgres } from './programs.ts';
import { type Bouncer, startBouncer } from './start-bouncer.ts';
import { type Server, startServer } from './start-server.ts';

/** Owns the tables and migrates them. */
const OWNER = 'cd_owner';
/** Reads and writes rows, and must not change tables. */
const WORKER = 'cd_worker';
const PASSWORD = 'a-database-password-for-tests-only';

/** A database for one test. */
export type TestDatabase = {
  readonly name: string;
  /** As the owner, for a single role that does everything. */
  readonly url: string;
  readonly workerUrl: string;
  /** The same as the owner through PgBouncer; null without one. */
  readonly bouncerUrl: string | null;
  /** The same as the owner on the standby; null without one. */
  readonly standbyUrl: string | null;
  readonly drop: () => Promise<void>;
};

export type Postgres = {
  readonly primary: Server;
  readonly standby: Server | null;
  readonly bouncer: Bouncer | null;
  readonly createDatabase: () => Promise<TestDatabase>;
  /** Makes the standby the primary. Resolves when it accepts writes. The old primary must already be gone. */
  readonly promote: () => Promise<void>;
  /** Ends every process and removes every file. May be called again. */
  readonly stop: () => Promise<void>;
};

export type PostgresOptions = {
  /** A second server that follows the first with asynchronous streaming replication. */
  readonly standby?: boolean;
  /** PgBouncer in transaction mode in front of the first server. */
  readonly bouncer?: boolean;
  /** A network from which helpers connect; default: only the loopback. */
  readonly network?: string;
  /** Settings of the servers, such as `synchronous_commit`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The folder for its files; default: the folder for temporary files. */
  readonly parent?: string;
  readonly tell?: (line: string) => void;
  readonly signal?: AbortSignal;
};

type MakeData = Parameters<typeof startServer>[0]['makeData'];

const initDb: MakeData = async (data, as) => {
  const common = ['-D', data, '-U', 'postgres', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'];
  await as('initdb', ...common, '--auth-local=trust', '--auth-host=scram-sha-256');
};

const letIn =
  (network: string, makeData: MakeData): MakeData =>
  async (data, as) => {
    await makeData(data, as);
    appendFileSync(join(data, 'pg_hba.conf'), `host all all ${network} scram-sha-256\n`);
  };

const copyOf =
  (primary: Server): MakeData =>
  async (data, as) => {
    const from = `host=${primary.host} port=${primary.port} user=${OWNER} password=${PASSWORD}`;
    await as('pg_basebackup', '-D', data, '-R', '-X', 'stream', '-c', 'fast', '-d', from);
  };

const urlOf = (at: { host: string; port: number }, user: string, database: string): string =>
  `postgres://${user}:${PASSWORD}@${at.host}:${at.port}/${database}?sslmode=disable`;

/** A private PostgreSQL from Debian's package. It starts in a few seconds, and `stop` removes every trace of it. */
export const startPostgres = async (options: PostgresOptions = {}): Promise<Postgres> => {
  const { tell = () => undefined, settings = {}, parent = tmpdir(), signal } = options;
  const programs = await ensurePostgres({ bouncer: options.bouncer === true, tell }, signal);
  removeAbandoned(parent);
  const folder = mkdtempSync(join(parent, FOLDER_PREFIX));
  claimFolder(folder);
  // PostgreSQL's user must be able to pass through to its own folders.
  chmodSync(folder, 0o711);
  const { network } = options;
  const listen = network === undefined ? {} : { listen_addresses: '*' };
  const servers: Server[] = [];
  let bouncer: Bouncer | null = null;
  const stop = async (): Promise<void> => {
    forget();
    await bouncer?.stop();
    await Promise.all(servers.map((server) => server.stop()));
    removeLeftovers(folder);
  };
  const forget = stopOnSignals(stop, () => {
    for (const server of servers) kill(server.pid(), 'SIGKILL');
    removeLeftovers(folder);
  });
  const start = async (name: string, makeData: MakeData): Promise<Server> => {
    const server = await startServer({
      programs,
      folder: join(folder, name),
      makeData,
      settings: { max_connections: '200', ...listen, ...settings },
      signal,
    });
    servers.push(server);
    return server;
  };
  try {
    const primary = await start('primary', network === undefined ? initDb : letIn(network, initDb));
    await primary.sql(
      `create role ${OWNER} login replication createdb password '${PASSWORD}';
       create role ${WORKER} login password '${PASSWORD}'`,
    );
    const standby = options.standby === true ? await start('standby', copyOf(primary)) : null;
    if (options.bouncer === true) {
      bouncer = await startBouncer({
        folder: join(folder, 'bouncer'),
        server: primary,
        users: { [OWNER]: PASSWORD, [WORKER]: PASSWORD },
        signal,
      });
    }
    return {
      primary,
      standby,
      bouncer,
      createDatabase: databaseMaker(primary, standby, bouncer),
      promote: async () => {
        if (standby === null) throw new Error('there is no standby to promote');
        await standby.sql('select pg_promote(true, 30)');
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

const databaseMaker = (primary: Server, standby: Server | null, bouncer: Bouncer | null) => {
  let made = 0;
  return async (): Promise<TestDatabase> => {
    made += 1;
    const name = `cd_helper_${process.pid}_${made}`;
    await primary.sql(`create database ${name} owner ${OWNER}`);
    const readable = `alter default privileges for role ${OWNER} grant`;
    await primary.sql(
      `${readable} select, insert, update, delete on tables to ${WORKER};
       ${readable} usage, select on sequences to ${WORKER}`,
      name,
    );
    return {
      name,
      url: urlOf(primary, OWNER, name),
      workerUrl: urlOf(primary, WORKER, name),
      bouncerUrl: bouncer === null ? null : urlOf(bouncer, OWNER, name),
      standbyUrl: standby === null ? null : urlOf(standby, OWNER, name),
      drop: async () => {
        await primary.sql(`drop database if exists ${name} with (force)`);
      },
    };
  };
};
