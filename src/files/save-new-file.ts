import { randomUUID } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises';

const OWNER_ONLY = 0o600;
/** Errors of file systems without hard links. */
const NO_LINKS: readonly string[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

const exists = (path: string): Error =>
  Object.assign(new Error(`${path} exists`), { code: 'EEXIST' });

/**
 * Writes a file that only its owner may read: completely and on disk, or not at all, and never over an existing one
 * (`EEXIST`, thrown before anything is read). Returns its size. Throws Node's error, or what `read` throws.
 */
export const saveNewFile = async (
  path: string,
  read: () => Promise<AsyncIterable<Uint8Array>>,
  onBytes: (bytes: number) => void = () => {},
): Promise<number> => {
  if (isThere(path)) throw exists(path);
  const beside = `${path}.${randomUUID()}.part`;
  const handle = await open(beside, 'wx', OWNER_ONLY);
  try {
    const bytes = await writeAll(handle, await read(), onBytes);
    await putInPlace(beside, path);
    return bytes;
  } finally {
    await rm(beside, { force: true });
  }
};

const writeAll = async (
  handle: FileHandle,
  chunks: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): Promise<number> => {
  try {
    let bytes = 0;
    for await (const chunk of chunks) {
      await handle.writeFile(chunk);
      bytes += chunk.length;
      onBytes(bytes);
    }
    await handle.sync();
    return bytes;
  } finally {
    await handle.close();
  }
};

/** Uses a hard link, which the system refuses if the name already exists. */
const putInPlace = async (beside: string, path: string): Promise<void> => {
  try {
    await link(beside, path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!NO_LINKS.includes(code)) throw error;
    if (isThere(path)) throw exists(path);
    await rename(beside, path);
  }
};
