import { EVENTS } from './event-triggers.ts';
import { TABLES } from './tables.ts';

/** Migrations to the newest version of a PostgreSQL schema, in order. After a release, only ever append to them. */
export const MIGRATIONS: readonly string[] = [TABLES, EVENTS];

/** How many migrations a version must know to read what this version writes. */
export const READABLE_FROM = 2;

/** Every table that the migrations create. */
export const TABLE_NAMES: ReadonlySet<string> = new Set(
  MIGRATIONS.flatMap((text) =>
    [...text.matchAll(/^\s*CREATE TABLE (\w+)/gm)].map(([, name = '']) => name),
  ),
);
