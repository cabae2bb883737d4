import type { Digest } from '../../image/digest.ts';
import type { Candidate, Gate } from './gate-state.ts';

/** A candidate that waits. Times are ms since the epoch. */
export type AtGates = {
  readonly candidate: Candidate;
  /** The closed ones, at least one. */
  readonly gates: readonly Gate[];
  /** When to look again: nothing opens before, unless somebody votes. */
  readonly dueAt: number;
};

/** Windows that are shut for an image whose digest is not known: nothing but the hour stands before it. */
export type ShutWindows = {
  /** ms since the epoch. */
  readonly opensAt: number;
  /** One line for a person. */
  readonly detail: string;
};

/**
 * What stands before a deployment: gates that its image waits at, windows alone, or gates that cannot open for it.
 */
export type Closed = AtGates | ShutWindows | 'never';

/** Gates that are open for one image. */
export type OpenedGates = {
  /** The tag of the image that is deployed, which may be another than the one that was compared. */
  readonly tag: string;
  /** The digest that is deployed, and those before it that it stands for. */
  readonly covers: readonly Digest[];
  /** What waits behind it, for when it is deployed; null for nothing. */
  readonly later: AtGates | null;
};
