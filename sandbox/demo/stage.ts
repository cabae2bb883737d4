import type { Digest } from '../../src/core/image/digest.ts';

/** A version that the demo pushes, and how its containers behave. */
export type Version = { readonly name: string; readonly crashes: boolean };

export const REPOSITORY = 'acme/shop';
export const TAG = 'stable';

/** The services that the demo deploys, all from one image. */
export const SERVICES = [
  { name: 'web', replicas: 2 },
  { name: 'worker', replicas: 1 },
] as const;

/** Where the demo plays: a Swarm and a registry, real or simulated. */
export type Stage = {
  /** For people, one line each. */
  readonly description: readonly string[];
  /** For the helper's files; removed with the stage. */
  readonly folder: string;
  readonly engineUrl: string;
  readonly registryHost: string;
  /** Publishes the version and deploys the services with it. Nobody is notified. */
  readonly deploy: (version: Version) => Promise<Digest>;
  /** From now on, sends a notification of each push to this URL. */
  readonly notify: (hookUrl: string) => Promise<void>;
  readonly push: (version: Version) => Promise<Digest>;
  /** The digests that the service's containers run now, one per container. */
  readonly runningDigests: (service: string) => Promise<readonly string[]>;
  readonly stop: () => Promise<void>;
};
