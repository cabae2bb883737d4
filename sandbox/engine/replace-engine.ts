import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil } from '../machine/wait-until.ts';
import { engineApi } from './api.ts';
import type { EngineVersion } from './engine-choice.ts';
import { engineProcess } from './engine-process.ts';
import { enginePath } from './engine-programs.ts';
import { COMES_AGAIN_FILE, type EngineAddresses, PATH_FILE } from './start-engine.ts';

const REPLACED_WITHIN_MS = 90_000;

/**
 * Stops an engine as its service manager would, and starts another version on the same data and socket, as a package
 * update does. Resolves when the Swarm has a leader again.
 */
export const replaceEngine = async (
  { folder, socket }: EngineAddresses,
  version: EngineVersion | null,
): Promise<void> => {
  const path = await enginePath(version, () => {});
  const pid = await engineProcess({ folder });
  await writeFile(join(folder, PATH_FILE), path);
  await writeFile(join(folder, COMES_AGAIN_FILE), '');
  process.kill(pid, 'SIGTERM');
  await waitUntil(
    async () => {
      // An engine that is shutting down still answers for a while.
      if ((await engineProcess({ folder })) === pid) return null;
      const api = engineApi(socket);
      try {
        return await api.call('GET', '/services?filters={"id":["none"]}'.replaceAll('"', '%22'));
      } finally {
        await api.close();
      }
    },
    { what: 'the engine that replaces another answers', withinMs: REPLACED_WITHIN_MS },
  );
};
