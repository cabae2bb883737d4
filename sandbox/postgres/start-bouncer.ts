import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kill, startChild, stopChild, SYSTEM_PATH } from '../machine/child.ts';
import { canConnect, freePort } from '../machine/network.ts';
import { HopelessError, waitUntil } from '../machine/wait-until.ts';
import { asPostgres } from './programs.ts';
import { makeOwnFolder } from './start-server.ts';

const HOST = '127.0.0.1';
const UP_WITHIN_MS = 15_000;
const STOP_WITHIN_MS = 5_000;

/** PgBouncer in transaction mode in front of a server. */
export type Bouncer = {
  readonly host: string;
  readonly port: number;
  readonly pause: () => void;
  readonly resume: () => void;
  readonly stop: () => Promise<void>;
};

/**
 * Starts PgBouncer on a free port. `users` maps names to passwords. Each transaction may use another of the server's
 * connections. There are `poolSize` of them for each user and database.
 */
export const startBouncer = async (options: {
  readonly folder: string;
  readonly server: { readonly host: string; readonly port: number };
  readonly users: Readonly<Record<string, string>>;
  readonly poolSize?: number;
  readonly signal?: AbortSignal | undefined;
}): Promise<Bouncer> => {
  const { folder, server, users, poolSize = 10, signal } = options;
  makeOwnFolder(folder);
  const port = await freePort(HOST);
  const log = join(folder, 'pgbouncer.log');
  const userFile = join(folder, 'users.txt');
  const configFile = join(folder, 'pgbouncer.ini');
  const entries = Object.entries(users).map(([name, password]) => `"${name}" "${password}"\n`);
  writeFileSync(userFile, entries.join(''), { mode: 0o644 });
  const settings = [
    '[databases]',
    `* = host=${server.host} port=${server.port}`,
    '[pgbouncer]',
    `listen_addr = ${HOST}`,
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = scram-sha-256',
    `auth_file = ${userFile}`,
    'pool_mode = transaction',
    `default_pool_size = ${poolSize}`,
    'max_client_conn = 500',
    'server_connect_timeout = 5',
    'server_login_retry = 1',
    'ignore_startup_parameters = extra_float_digits,options',
  ];
  writeFileSync(configFile, `${settings.join('\n')}\n`, { mode: 0o644 });
  const child = await startChild({
    command: asPostgres('/usr/sbin/pgbouncer', configFile),
    stdout: log,
    stderr: log,
    env: { PATH: SYSTEM_PATH },
  });
  const stop = (): Promise<void> => {
    kill(child.pid, 'SIGCONT');
    return stopChild(child, STOP_WITHIN_MS);
  };
  try {
    await waitUntil(
      async () => {
        if (child.hasEnded()) throw new HopelessError(readFileSync(log, 'utf8').slice(-2000));
        return canConnect(HOST, port);
      },
      { what: 'PgBouncer listens', withinMs: UP_WITHIN_MS, signal },
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    host: HOST,
    port,
    pause: () => kill(child.pid, 'SIGSTOP'),
    resume: () => kill(child.pid, 'SIGCONT'),
    stop,
  };
};
