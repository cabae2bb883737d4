import type { BuildFacts } from '../../image/published.ts';
import type { GateView } from '../gates/gate-state.ts';

/** A service that waits at gates, as the API shows it. Fields have the names that they have in a service. */
export type WaitingView = {
  readonly cluster: string;
  readonly id: string;
  readonly name: string;
  readonly stack: string | null;
  /** That it has now: normalised, with its tag. */
  readonly image: string;
  /** The digest that it has now; null where that is not known. */
  readonly running: string | null;
  /** What it is to have; votes are for this alone. */
  readonly target: { readonly tag: string; readonly digest: string };
  /** RFC 3339: since when this image waits. */
  readonly since: string;
  /** The closed ones. */
  readonly gates: readonly GateView[];
  /** What both were built from, as far as it was read. */
  readonly build: { readonly running: BuildFacts | null; readonly target: BuildFacts | null };
  /** The forge's page of what lies between both commits; null where no configured forge has it. */
  readonly compareUrl: string | null;
};
