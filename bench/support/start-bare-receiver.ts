import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startLineChild } from './child.ts';

const fileOf = (name: string): string =>
  fileURLToPath(new URL(`../floor/${name}`, import.meta.url));

export type BareReceiver = {
  readonly pid: number;
  readonly hookUrl: string;
  readonly readyAfterMs: number;
  readonly stop: () => Promise<void>;
};

/** The bare fastify route `floor/fastify-route.ts` in a separate process. */
export const startBareReceiver = (): Promise<BareReceiver> => start(fileOf('fastify-route.ts'), []);

/** The route `floor/storing-route.ts`, which stores what it accepts in its own file. */
export const startStoringReceiver = async (): Promise<BareReceiver> => {
  const folder = await mkdtemp(join(tmpdir(), 'cd-helper-bench-'));
  const receiver = await start(fileOf('storing-route.ts'), [join(folder, 'hooks.db')]);
  return {
    ...receiver,
    stop: async () => {
      await receiver.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** The route `floor/postgres-route.ts`, which stores what it accepts in a table of an empty database. */
export const startPostgresReceiver = (url: string): Promise<BareReceiver> =>
  start(fileOf('postgres-route.ts'), [url]);

const start = async (file: string, args: readonly string[]): Promise<BareReceiver> => {
  const began = performance.now();
  const child = startLineChild({ file, args });
  const ready = await child.line(({ msg }) => msg === 'ready');
  return {
    pid: child.pid,
    hookUrl: `${String(ready['address'])}/hooks/none`,
    readyAfterMs: performance.now() - began,
    stop: child.stop,
  };
};
