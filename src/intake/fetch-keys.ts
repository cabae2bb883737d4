import { type Dispatcher, request } from 'undici';
import type { FetchKeys } from './prove-token.ts';

/** Google's are 2 KiB. */
const MOST_BYTES = 256 * 1024;

/** Reads keys from a configured address, over the given connections. Redirects are not followed. */
export const createFetchKeys =
  (connectionsTo: (address: URL) => Dispatcher | null): FetchKeys =>
  async (address, signal) => {
    const dispatcher = connectionsTo(new URL(address));
    const { statusCode, body } = await request(address, {
      headers: { accept: 'application/json' },
      signal,
      ...(dispatcher === null ? {} : { dispatcher }),
    });
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > MOST_BYTES) throw new Error(`the answer is longer than ${MOST_BYTES} bytes`);
      chunks.push(chunk);
    }
    if (statusCode !== 200) throw new Error(`the answer is a ${statusCode}`);
    return Buffer.concat(chunks).toString('utf8');
  };
