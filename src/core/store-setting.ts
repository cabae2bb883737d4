import type { Secret } from './secret.ts';

/** Where the store is: one SQLite file, or a schema of a PostgreSQL database that several instances share. */
export type StoreSetting = SqliteSetting | PostgresSetting;

export type SqliteSetting = {
  readonly kind: 'sqlite';
  readonly path: string;
};

export type PostgresSetting = {
  readonly kind: 'postgres';
  readonly address: PostgresAddress;
  /**
   * Where to listen for news from other instances; null means `address`. A pooler in transaction mode passes no
   * notifications on.
   */
  readonly listen: PostgresAddress | null;
  /** The login that creates and changes tables; null means that of `address`. */
  readonly migrate: PostgresAddress | null;
  /** Maximum number of connections of one instance. */
  readonly poolSize: number;
  readonly schema: string;
};

/** How to connect to a PostgreSQL server, and as which user. */
export type PostgresAddress = {
  /** At least one. If there are several, the first that accepts writes is used. */
  readonly hosts: readonly PostgresHost[];
  readonly user: string;
  readonly password: Secret | null;
  readonly database: string;
  readonly tls: PostgresTls;
  /** The address as it was written, so that the log can leave it out. */
  readonly written: Secret;
};

export type PostgresHost = {
  /** A name, an IP address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
};

export type PostgresTls =
  | { readonly mode: 'off' }
  | {
      /**
       * `encrypt` verifies nothing about the server; `verify-ca` verifies its certificate; `verify-full` its name too.
       */
      readonly mode: 'encrypt' | 'verify-ca' | 'verify-full';
      /** Paths of PEM files. */
      readonly ca: string | null;
      readonly cert: string | null;
      readonly key: string | null;
    };

const showHost = ({ host, port }: PostgresHost): string => `${host}:${port}`;

/** An address for people, without its password. */
export const showAddress = ({ user, hosts, database }: PostgresAddress): string =>
  `postgres://${user}@${hosts.map(showHost).join(',')}/${database}`;

/** The location of the store, for people. */
export const showStore = (setting: StoreSetting): string =>
  setting.kind === 'sqlite' ? setting.path : showAddress(setting.address);
