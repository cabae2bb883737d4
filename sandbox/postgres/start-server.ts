import { execFile } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Child, childrenOf, kill, startChild, SYSTEM_PATH } from '../machine/child.ts';
import { freePort } from '../machine/network.ts';
import { HopelessError, waitUntil } from '../machine/wait-until.ts';
import { asPostgres } from './programs.ts';

const run = promisify(execFile);
const HOST = '127.0.0.1';
const UP_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 10_000;
const PORT_ATTEMPTS = 3;

/** One PostgreSQL server, primary or standby. */
export type Server = {
  readonly host: string;
  readonly port: number;
  readonly pid: () => number;
  /** Runs SQL as the superuser and returns the output: columns separated by `|`, one row per line. */
  readonly sql: (text: string, database?: string) => Promise<string>;
  /** Stops every process of the server in place (SIGSTOP), like a frozen machine. */
  readonly pause: () => Promise<void>;
  readonly resume: () => Promise<void>;
  /** Ends all connections at once, and starts the server again at the same address. */
  readonly restart: () => Promise<void>;
  /** SIGKILL, like the loss of a machine. `restart` recovers the server. */
  readonly kill: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

export type ServerOptions = {
  /** Folder of PostgreSQL's programs. */
  readonly programs: string;
  /** A folder of its own, in which PostgreSQL's user creates everything. */
  readonly folder: string;
  /** Creates the data folder: `initdb`, or a copy of another server. */
  readonly makeData: (data: string, as: RunAs) => Promise<void>;
  readonly settings?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
};

/** Runs one of PostgreSQL's programs as its own user and returns the output. */
export type RunAs = (program: string, ...args: readonly string[]) => Promise<string>;

const createRunAs =
  (programs: string, signal: AbortSignal | undefined): RunAs =>
  async (program, ...args) => {
    const [command = '', ...rest] = asPostgres(join(programs, program), ...args);
    const { stdout } = await run(command, [...rest], {
      env: { PATH: SYSTEM_PATH },
      cwd: '/',
      ...(signal === undefined ? {} : { signal }),
    });
    return stdout;
  };

/** Creates a folder that PostgreSQL's user owns, below one that this user can pass through. */
export const makeOwnFolder = (folder: string): void => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, gid } = statSync('/var/lib/postgresql');
  chownSync(folder, uid, gid);
};

/** Starts a server on a free port. If it does not start, throws with its last log lines and leaves nothing running. */
export const startServer = async (options: ServerOptions): Promise<Server> => {
  const { programs, folder, signal, settings = {} } = options;
  makeOwnFolder(folder);
  const runAs = createRunAs(programs, signal);
  const data = join(folder, 'data');
  const log = join(folder, 'postgres.log');
  await options.makeData(data, runAs);

  const sqlAt =
    (port: number): Server['sql'] =>
    async (text, database = 'postgres') => {
      const output = ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1'];
      const where = ['-h', folder, '-p', `${port}`, '-U', 'postgres', '-d', database];
      return (await runAs('psql', ...output, ...where, '-c', text)).trimEnd();
    };

  const startAt = async (port: number): Promise<Child> => {
    const all = {
      port: `${port}`,
      listen_addresses: HOST,
      unix_socket_directories: folder,
      // In the server's own folder, so a killed server leaves nothing elsewhere.
      dynamic_shared_memory_type: 'mmap',
      ...settings,
    };
    const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const child = await startChild({
      command: asPostgres(join(programs, 'postgres'), '-D', data, ...args),
      stdout: log,
      stderr: log,
      env: { PATH: SYSTEM_PATH, LC_ALL: 'C.UTF-8' },
    });
    const isReady = async (): Promise<true | null> => {
      if (child.hasEnded()) {
        throw new HopelessError(`${await child.ended}\n${readFileSync(log, 'utf8').slice(-2000)}`);
      }
      return (await sqlAt(port)('select 1')) === '1' ? true : null;
    };
    try {
      const wait = { what: 'PostgreSQL answers', withinMs: UP_WITHIN_MS, everyMs: 50, signal };
      await waitUntil(isReady, wait);
    } catch (error) {
      await end(child, 'SIGQUIT');
      throw error;
    }
    return child;
  };

  const startAnywhere = async (): Promise<{ port: number; child: Child }> => {
    for (let attempt = 1; ; attempt += 1) {
      const port = await freePort(HOST);
      try {
        return { port, child: await startAt(port) };
      } catch (error) {
        // Another process can take the port after we found it free and before PostgreSQL opens it.
        const isTaken = error instanceof Error && error.message.includes('Address already in use');
        if (!isTaken || attempt === PORT_ATTEMPTS) throw error;
      }
    }
  };

  let { port, child } = await startAnywhere();
  const signalAll = async (name: NodeJS.Signals): Promise<void> => {
    // The main process first, so that it starts no new ones while the others are stopped.
    kill(child.pid, name);
    for (const pid of await childrenOf(child.pid)) kill(pid, name);
  };
  const resume = (): Promise<void> => signalAll('SIGCONT');
  return {
    host: HOST,
    port,
    pid: () => child.pid,
    sql: sqlAt(port),
    pause: () => signalAll('SIGSTOP'),
    resume,
    restart: async () => {
      await end(child, 'SIGINT');
      child = await startAt(port);
    },
    kill: async () => {
      await signalAll('SIGKILL');
      await child.ended;
    },
    stop: async () => {
      await resume();
      await end(child, 'SIGINT');
    },
  };
};

/** SIGINT ends the sessions and then the server ("fast"). SIGQUIT ends at once and needs recovery ("immediate"). */
const end = async (child: Child, how: 'SIGINT' | 'SIGQUIT'): Promise<void> => {
  kill(child.pid, how);
  const impatience = setTimeout(() => kill(child.pid, 'SIGQUIT'), STOP_WITHIN_MS);
  await child.ended;
  clearTimeout(impatience);
};
