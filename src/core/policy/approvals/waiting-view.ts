import type { BuildFacts } from '../../image/published.ts';
import type { GateView } from '../gates/gate-state.ts';

/** A service that waits at gates, as the API shows it. The fields have the same names as in a service. */
export type WaitingView = {
  readonly cluster: string;
  readonly id: string;
  readonly name: string;
  readonly stack: string | null;
  /** The current image: normalised, with its tag. */
  readonly image: string;
  /** The current digest; null if unknown. */
  readonly running: string | null;
  /** What the service will get; votes apply to this alone. */
  readonly target: { readonly tag: string; readonly digest: string };
  /** RFC 3339: since when this image waits. */
  readonly since: string;
  /** The closed ones. */
  readonly gates: readonly GateView[];
  /** The builds of both, as far as they were read. */
  readonly build: { readonly running: BuildFacts | null; readonly target: BuildFacts | null };
  /** The forge's comparison page of both commits; null if no configured forge has it. */
  readonly compareUrl: string | null;
};
