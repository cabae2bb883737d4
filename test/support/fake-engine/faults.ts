/** A request to the fake engine. The path has no version prefix and no query. */
export type EngineRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
};

/**
 * What goes wrong: the connection drops before or after the request was carried out; an error answer; no answer for a
 * while, or for ever; an unexpected body.
 */
export type FaultKind =
  | { readonly kind: 'drop-before' }
  | { readonly kind: 'drop-after' }
  | { readonly kind: 'status'; readonly status: number; readonly message: string }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'hang' }
  | { readonly kind: 'body'; readonly text: string };

export type Fault = FaultKind & {
  /** The matching requests, by method and path expression; default: all. */
  readonly on?: { readonly method?: string; readonly path?: RegExp };
  /** The number of requests; default: every request until the faults are cleared. */
  readonly times?: number;
};

export type Faults = {
  readonly inject: (fault: Fault) => void;
  readonly clear: () => void;
  readonly next: (request: EngineRequest) => FaultKind | null;
};

export const createFaults = (): Faults => {
  let waiting: { readonly fault: Fault; left: number }[] = [];
  return {
    inject: (fault) => {
      waiting.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
    },
    clear: () => {
      waiting = [];
    },
    next({ method, path }) {
      const hit = waiting.find(
        ({ fault: { on } }) =>
          (on?.method === undefined || on.method === method) &&
          (on?.path === undefined || on.path.test(path)),
      );
      if (hit === undefined) return null;
      hit.left -= 1;
      if (hit.left <= 0) waiting = waiting.filter((other) => other !== hit);
      return hit.fault;
    },
  };
};
