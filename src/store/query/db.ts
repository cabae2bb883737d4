import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../tables/tables.ts';

/** The store as queries see it, whichever database holds it. */
export type Db = Kysely<Tables>;

/** Either the store itself or a transaction of it: queries take both. */
export type Query = Db | Transaction<Tables>;
