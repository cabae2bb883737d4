/** A request to the fake engine, its path without version prefix and query. */
export type EngineRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
};

/**
 * What goes wrong: the connection drops before or after the request was carried out; an error
 * answer; nothing for a while, or for ever; a body that is not what was asked for.
 */
export type FaultKind =
  | { readonly kind: 'drop-before' }
  | { readonly kind: 'drop-after' }
  | { readonly kind: 'status'; readonly status: number; readonly message: string }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'hang' }
  | { readonly kind: 'body'; readonly text: string };

export type Fault = FaultKind & {
  /** Which requests: by method and path expression; without it all. */
  readonly on?: { readonly method?: string; readonly path?: RegExp };
  /** How many of them; without it every one until the faults are cleared. */
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
