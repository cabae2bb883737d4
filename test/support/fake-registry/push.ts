import { Pool } from 'undici';
import type { FakeContent } from './images.ts';

const DEADLINE_MS = 15_000;

/** Uploads content with all its parts to a real registry that anybody can push to. */
export const pushContent = async (
  url: string,
  repository: string,
  tag: string,
  content: FakeContent,
): Promise<void> => {
  const pool = new Pool(url, { connections: 2 });
  const send = async (
    method: 'POST' | 'PUT',
    path: string,
    type: string,
    body: Buffer | null,
  ): Promise<string> => {
    const answer = await pool.request({
      method,
      path,
      body,
      headers: { 'content-type': type },
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300)
      throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
    return String(answer.headers['location'] ?? '');
  };

  const put = async (each: FakeContent, reference: string): Promise<void> => {
    for (const child of each.children) await put(child, child.digest);
    for (const [digest, bytes] of each.blobs) {
      const start = await send('POST', `/v2/${repository}/blobs/uploads/`, 'text/plain', null);
      const location = new URL(start, url);
      location.searchParams.set('digest', digest);
      const path = `${location.pathname}${location.search}`;
      await send('PUT', path, 'application/octet-stream', bytes);
    }
    await send('PUT', `/v2/${repository}/manifests/${reference}`, each.mediaType, each.bytes);
  };

  try {
    await put(content, tag);
  } finally {
    await pool.close();
  }
};
