import { fileURLToPath } from 'node:url';
import { startLineChild } from './child.ts';
import { cpuMsOf } from './process-cost.ts';

const FILE = fileURLToPath(new URL('../floor/check-images.ts', import.meta.url));

export type BareCheck = {
  readonly tookMs: number;
  readonly cpuMs: number;
  readonly services: number;
  readonly images: number;
  readonly obsolete: number;
};

/** The bare script `floor/check-images.ts` in a separate process. */
export const startBareCheck = async (options: {
  readonly engineUrl: string;
  readonly registryUrl: string;
  readonly atOnce: number;
}): Promise<{ readonly check: () => Promise<BareCheck>; readonly stop: () => Promise<void> }> => {
  const { engineUrl, registryUrl, atOnce } = options;
  const child = startLineChild({ file: FILE, args: [engineUrl, registryUrl, String(atOnce)] });
  await child.line(({ msg }) => msg === 'ready');
  return {
    check: async () => {
      child.forget();
      const before = await cpuMsOf(child.pid);
      child.write({ do: 'check' });
      const checked = await child.line(({ msg }) => msg === 'checked');
      return {
        tookMs: Number(checked['tookMs']),
        cpuMs: (await cpuMsOf(child.pid)) - before,
        services: Number(checked['services']),
        images: Number(checked['images']),
        obsolete: Number(checked['obsolete']),
      };
    },
    stop: child.stop,
  };
};
