import { Client } from 'pg';
import { openPostgresStore } from '../../../src/store/postgres/open-store.ts';
import { openStore, type Store } from '../../../src/store/sqlite/open-store.ts';
import { postgresSetting } from './postgres-setting.ts';
import { TEMPLATE, TEMPLATE_SCHEMA } from './template.ts';

/** The address of the template database if the tests run on PostgreSQL; see store-setup.ts. */
const ADDRESS = process.env['CD_HELPER_TEST_STORE'];

/** Whether `openTestStore` opens stores in PostgreSQL. */
export const isOnPostgres = ADDRESS !== undefined;

const IN_MEMORY = ':memory:';
/** A PostgreSQL database that stands for the file at `path`, after it was closed. */
type Left = { readonly path: string; readonly name: string };
let left: Left | null = null;
let made = 0;

/**
 * Opens a store for one test: in memory, or in the file at `path`, which can be closed and opened again. With
 * `CD_HELPER_TEST_STORE=postgres`, it is a database on the PostgreSQL server of the test run instead.
 */
export const openTestStore = async (path = IN_MEMORY): Promise<Store> => {
  if (ADDRESS === undefined) return openStore(path);
  const before = left?.path === path ? left : null;
  if (left !== null && before === null) await drop(ADDRESS, left.name);
  left = null;
  const name = before?.name ?? (await create(ADDRESS));
  const url = new URL(ADDRESS);
  url.pathname = `/${name}`;
  const store = await openPostgresStore(postgresSetting(url.href, TEMPLATE_SCHEMA));
  let isClosed = false;
  return {
    ...store,
    // The migrations have already run in the template.
    isNew: before === null,
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      await store.close();
      if (path === IN_MEMORY) await drop(ADDRESS, name);
      else left = { path, name };
    },
  };
};

const create = async (address: string): Promise<string> => {
  made += 1;
  const name = `test_${process.pid}_${made}`;
  await administer(address, `create database ${name} template ${TEMPLATE} strategy file_copy`);
  return name;
};

const drop = (address: string, name: string): Promise<void> =>
  administer(address, `drop database ${name} with (force)`);

/** Runs a command from a database that no test uses. */
const administer = async (address: string, command: string): Promise<void> => {
  const url = new URL(address);
  url.pathname = '/postgres';
  const client = new Client({ connectionString: url.href });
  await client.connect();
  try {
    await client.query(command);
  } finally {
    await client.end();
  }
};
