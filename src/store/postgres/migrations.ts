import { EVENTS } from './event-triggers.ts';
import { TABLES } from './tables.ts';

/** Brings a PostgreSQL schema to the newest version, one after another; once released only ever appended to. */
export const MIGRATIONS: readonly string[] = [TABLES, EVENTS];

/** How many migrations a version must know to read what this one writes. */
export const READABLE_FROM = 2;

/** Every table that the migrations make. */
export const TABLE_NAMES: ReadonlySet<string> = new Set(
  MIGRATIONS.flatMap((text) =>
    [...text.matchAll(/^\s*CREATE TABLE (\w+)/gm)].map(([, name = '']) => name),
  ),
);
