import { fileURLToPath } from 'node:url';
import { startLineChild } from './child.ts';

const FILE = fileURLToPath(new URL('../floor/fastify-route.ts', import.meta.url));

export type BareReceiver = {
  readonly pid: number;
  readonly hookUrl: string;
  readonly readyAfterMs: number;
  readonly stop: () => Promise<void>;
};

/** The bare fastify route of `floor/fastify-route.ts` in a process of its own. */
export const startBareReceiver = async (): Promise<BareReceiver> => {
  const began = performance.now();
  const child = startLineChild({ file: FILE });
  const ready = await child.line(({ msg }) => msg === 'ready');
  return {
    pid: child.pid,
    hookUrl: `${String(ready['address'])}/hooks/none`,
    readyAfterMs: performance.now() - began,
    stop: child.stop,
  };
};
