import type { Secret } from './secret.ts';

/** Where the store is: one SQLite file, or a schema of a PostgreSQL database that several instances can share. */
export type StoreSetting = SqliteSetting | PostgresSetting;

export type SqliteSetting = {
  readonly kind: 'sqlite';
  readonly path: string;
};

export type PostgresSetting = {
  readonly kind: 'postgres';
  readonly address: PostgresAddress;
  /** Where to listen for news of other instances; null: at `address`. A pooler in transaction mode passes none on. */
  readonly listen: PostgresAddress | null;
  /** As whom tables are made and changed; null: as at `address`. */
  readonly migrate: PostgresAddress | null;
  /** Connections of one instance at most. */
  readonly poolSize: number;
  readonly schema: string;
};

/** Where a PostgreSQL is reached, and as whom. */
export type PostgresAddress = {
  /** At least one; of several, the first that takes writes is used. */
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
      /** `encrypt` proves nothing of the server; `verify-ca` its certificate; `verify-full` its name too. */
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

/** The store's place for people. */
export const showStore = (setting: StoreSetting): string =>
  setting.kind === 'sqlite' ? setting.path : showAddress(setting.address);
