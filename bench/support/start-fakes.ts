import { fileURLToPath } from 'node:url';
import { startLineChild } from './child.ts';
import type { FakesOptions } from './fakes.ts';

const FILE = fileURLToPath(new URL('fakes.ts', import.meta.url));

export type Counts = {
  readonly heads: number;
  readonly gets: number;
  /** The most requests that the registry ever answered at the same time. */
  readonly mostAtOnce: number;
  readonly updates: number;
  /** Services that do not run the published digest. */
  readonly outdated: number;
  /** Full lists of services that the engine answered. */
  readonly lists: number;
};

/** A fake engine in another process. All its services run what a fake registry publishes. */
export type Fakes = {
  readonly engineUrl: string;
  /** `host:port` */
  readonly registry: string;
  /** The image of the service with this number, with its tag. */
  readonly imageOf: (service: number) => string;
  /** Publishes a new version of the first `images` images and returns their digests. */
  readonly publish: (images: number, version: string) => Promise<readonly string[]>;
  /** Requests and updates since the last call. */
  readonly count: () => Promise<Counts>;
  readonly stop: () => Promise<void>;
};

export const startFakes = async (options: FakesOptions): Promise<Fakes> => {
  const child = startLineChild({ file: FILE, args: [JSON.stringify(options)] });
  const ready = await child.line(({ msg }) => msg === 'ready');
  const registry = String(ready['registry']);
  const ask = async (question: Readonly<Record<string, unknown>>) => {
    child.forget();
    const answered = child.line(({ answer }) => answer === question['do']);
    child.write(question);
    return answered;
  };
  return {
    engineUrl: String(ready['engineUrl']),
    registry,
    imageOf: (service) => `${registry}/bench/app-${service % options.images}:v1`,
    publish: async (images, version) =>
      (await ask({ do: 'publish', images, version }))['digests'] as readonly string[],
    count: async () => (await ask({ do: 'count' })) as unknown as Counts,
    stop: child.stop,
  };
};
