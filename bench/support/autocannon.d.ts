/** The part of autocannon that the benchmarks use. The package has no types. */
declare module 'autocannon' {
  export type Request = {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
  export type Options = {
    readonly url: string;
    readonly connections: number;
    /** Seconds. */
    readonly duration?: number;
    /** Requests, instead of a duration. */
    readonly amount?: number;
    /** Each connection sends these in turn. */
    readonly requests: readonly Request[];
    /** Called for each connection before it starts. */
    readonly setupClient?: (client: {
      readonly setRequests: (requests: readonly Request[]) => void;
    }) => void;
  };
  export type Result = {
    /** Seconds. */
    readonly duration: number;
    readonly '2xx': number;
    readonly non2xx: number;
    readonly errors: number;
    readonly statusCodeStats: Readonly<Record<string, { readonly count: number }>>;
    /** ms */
    readonly latency: { readonly p50: number; readonly p99: number };
  };
  const autocannon: (options: Options) => Promise<Result>;
  export default autocannon;
}
