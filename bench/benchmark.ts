import type { Report } from './report.ts';

export type BenchmarkTools = {
  /** Says what is being done, for whoever waits. */
  readonly tell: (line: string) => void;
  /** Aborted when the benchmark has taken far too long. */
  readonly signal: AbortSignal;
};

/** Throws where what it measured did not do what it should: then no figure of it is worth anything. */
export type Benchmark = {
  readonly name: string;
  readonly about: string;
  readonly run: (tools: BenchmarkTools) => Promise<Report>;
};
