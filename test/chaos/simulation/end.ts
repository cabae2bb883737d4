import type { DeploymentView, ServiceView } from '../../../src/core/contract/views.ts';
import type { Kind, Shown } from './images.ts';
import type { Actor } from './world.ts';

/** An update that the engine accepted. */
export type Update = {
  /** Its position among all accepted updates. */
  readonly index: number;
  /** ms since the epoch. */
  readonly at: number;
  readonly digest: string;
  /** The digest before the update; null if the spec had none. */
  readonly replaced: string | null;
  readonly isTheirs: boolean;
};

/** The state of a service when all is quiet. */
export type End = {
  readonly actor: Readonly<Actor>;
  /** The digest in its spec; null if there is none. */
  readonly has: string | null;
  readonly published: string;
  /** Everything that its tag has pointed to, oldest first. */
  readonly shown: readonly Shown[];
  readonly desired: number;
  /** What a person sees when they ask for the service. */
  readonly view: Pick<ServiceView, 'verdict' | 'reason'> | null;
  /** Oldest first. */
  readonly deployments: readonly DeploymentView[];
  /** From any actor, oldest first. */
  readonly updates: readonly Update[];
  /** Update requests to the engine, whatever it answered. */
  readonly asked: number;
  readonly kindOf: (digest: string | null) => Kind | null;
};

/** A rule for each service. Returns one line per violation. */
export type Law = (end: End) => readonly string[];
