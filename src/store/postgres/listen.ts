import { type ClientBase, escapeIdentifier } from 'pg';
import type { PostgresAddress } from '../../core/store-setting.ts';
import type { Listening } from '../query/others.ts';
import { connectToWriter, type WriterPool } from './writer-pool.ts';

type Connections = Pick<WriterPool, 'connect'>;
type Told = { readonly channel: string; readonly own: string };

/** A dedicated connection, and how to close it. */
type Line = { readonly client: ClientBase; readonly close: () => void };

/**
 * A connection of the pool. It hears nothing behind a pooler in transaction mode, which may use another connection for
 * each transaction.
 */
export const lineOfPool = async (pool: Connections): Promise<Line> => {
  const client = await pool.connect();
  // It listens, so it must not return to the pool.
  return { client, close: () => client.release(true) };
};

/**
 * A connection outside the pool, to an address that is only for listening.
 *
 * @throws an error that names the setting, because only listening fails with this address
 */
export const lineTo = async (address: PostgresAddress): Promise<Line> => {
  try {
    const client = await connectToWriter(address);
    return { client, close: () => void client.end().catch(() => {}) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`store.listenUrl: ${reason}`, { cause: error });
  }
};

/**
 * Listens for writes of other instances until the connection breaks or is closed.
 *
 * @param told the channel, and the payload that this instance itself sends on it
 * @param heard called for each message; its argument says whether this instance sent it
 */
export const listenOn = async (
  { client, close: closeLine }: Line,
  { channel, own }: Told,
  heard: (isOwn: boolean) => void,
): Promise<Listening> => {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  let isOver = false;
  const close = (): void => {
    if (isOver) return;
    isOver = true;
    closeLine();
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

/** Sends a message to all listeners, including this instance. */
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
