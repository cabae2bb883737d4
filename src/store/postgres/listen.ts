import { escapeIdentifier } from 'pg';
import type { Listening } from '../query/others.ts';
import type { WriterPool } from './writer-pool.ts';

type Connections = Pick<WriterPool, 'connect'>;
type Told = { readonly channel: string; readonly own: string };

/**
 * Listens on a connection of the pool for writes of other instances, until it breaks or is closed. Behind a pooler that
 * gives each transaction another connection nothing is ever heard.
 *
 * @param own what this instance sends, which it does not hear
 */
export const listenOn = async (
  pool: Connections,
  { channel, own }: Told,
  heard: (isOwn: boolean) => void,
): Promise<Listening> => {
  const client = await pool.connect();
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  let isOver = false;
  const close = (): void => {
    if (isOver) return;
    isOver = true;
    // Not to be used by others: it listens.
    client.release(true);
    resolve();
  };
  client.on('error', close);
  client.on('end', close);
  client.on('notification', ({ payload }) => heard(payload === own));
  try {
    await client.query(`listen ${escapeIdentifier(channel)}`);
  } catch (error) {
    close();
    throw error;
  }
  return { ended, close };
};

/** Sends a message to all that listen, this instance included. */
export const notify = async (pool: Connections, { channel, own }: Told): Promise<void> => {
  const client = await pool.connect();
  try {
    await client.query('select pg_notify($1, $2)', [channel, own]);
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
};
