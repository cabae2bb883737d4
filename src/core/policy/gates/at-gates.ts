import type { Digest } from '../../image/digest.ts';
import type { Candidate, Gate } from './gate-state.ts';

/** A candidate that waits. Times are ms since the epoch. */
export type AtGates = {
  readonly candidate: Candidate;
  /** The closed ones, at least one. */
  readonly gates: readonly Gate[];
  /** When to check again: nothing opens earlier, unless somebody votes. */
  readonly dueAt: number;
};

/** Closed windows for an image whose digest is unknown: only the time of day stops it. */
export type ShutWindows = {
  /** ms since the epoch. */
  readonly opensAt: number;
  /** One line for a person. */
  readonly detail: string;
};

/** What stops a deployment: gates at which its image waits, windows alone, or gates that cannot open for it. */
export type Closed = AtGates | ShutWindows | 'never';

/** Gates that are open for one image. */
export type OpenedGates = {
  /** The tag that is deployed. It may differ from the tag that was compared. */
  readonly tag: string;
  /** The digest that is deployed, and the earlier ones that it replaces. */
  readonly covers: readonly Digest[];
  /** The digest that is deployed, and the older candidates that it covers. */
  readonly later: AtGates | null;
};
