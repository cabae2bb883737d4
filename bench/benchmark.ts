import type { Report } from './report.ts';

export type BenchmarkTools = {
  /** Reports progress to people who wait. */
  readonly tell: (line: string) => void;
  /** Aborted if the benchmark takes far too long. */
  readonly signal: AbortSignal;
};

/** Throws if what it measured did not work correctly, because its figures are then worthless. */
export type Benchmark = {
  readonly name: string;
  readonly about: string;
  readonly run: (tools: BenchmarkTools) => Promise<Report>;
};
