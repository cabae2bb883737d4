import type { Address, Cable } from './cable.ts';

export const TAG = 'v1';
export const REPLICAS = 2;

/** Where a round takes place: an engine, a registry, and the network of the helpers. */
export type Stage = {
  readonly engineSocket: string;
  readonly registryHost: string;
  /** Publishes a new image `acme/NAME:v1`. Returns its digest. */
  readonly publish: (name: string, content: string) => Promise<string>;
  /** Creates services with two tasks each. Resolves when they run. */
  readonly deploy: (services: readonly { name: string; image: string }[]) => Promise<void>;
  /** Digests of the running tasks. */
  readonly running: (name: string) => Promise<readonly string[]>;
  /** The images of all tasks that the service ever had. */
  readonly tasksMade: (name: string) => Promise<readonly { readonly image: string }[]>;
  /** How many updates the engine itself counted, if it counts them. */
  readonly updates?: () => number;
  readonly layCable: (database: Address) => Promise<Cable>;
  readonly close: () => Promise<void>;
};
