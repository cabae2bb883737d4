import type { DeploymentView, ServiceView } from '../../../src/core/contract/views.ts';
import type { Kind, Shown } from './images.ts';
import type { Actor } from './world.ts';

/** An update that the engine took. */
export type Update = {
  /** Its place among all that the engine took. */
  readonly index: number;
  /** ms since the epoch. */
  readonly at: number;
  readonly digest: string;
  /** What the service had before; null where its spec named none. */
  readonly replaced: string | null;
  readonly isTheirs: boolean;
};

/** What has become of a service when all is quiet. */
export type End = {
  readonly actor: Readonly<Actor>;
  /** Of its spec; null where that names none. */
  readonly has: string | null;
  readonly published: string;
  /** Everything that its tag ever named, oldest first. */
  readonly shown: readonly Shown[];
  readonly desired: number;
  /** What a person is told who asks for it. */
  readonly view: Pick<ServiceView, 'verdict' | 'reason'> | null;
  /** Oldest first. */
  readonly deployments: readonly DeploymentView[];
  /** From anybody, oldest first. */
  readonly updates: readonly Update[];
  /** How often the engine was asked to update it, whatever it answered. */
  readonly asked: number;
  readonly kindOf: (digest: string | null) => Kind | null;
};

/** What must hold of each service; gives what speaks against it, a line each. */
export type Law = (end: End) => readonly string[];
