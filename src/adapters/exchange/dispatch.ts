import type { Dispatcher } from 'undici';

export type AnswerHeaders = Parameters<
  NonNullable<Dispatcher.DispatchHandler['onResponseStart']>
>[2];

/** Receives the parts of an answer as they arrive. */
export type Listener = {
  readonly head: (status: number, headers: AnswerHeaders) => void;
  /** A returned error ends the exchange and is reported as its outcome. */
  readonly chunk: (chunk: Buffer) => Error | null;
  readonly end: () => void;
  readonly error: (error: Error) => void;
};

/**
 * Sends one request and passes on its answer as it arrives from the connection: one stream for each answer would cost
 * as much as all the rest of a short one. Returns a function that ends the request with an error, even while it waits
 * for a connection.
 */
export const dispatch = (
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  listener: Listener,
): ((reason: Error) => void) => {
  let exchange: Dispatcher.DispatchController | null = null;
  let ended: Error | null = null;
  dispatcher.dispatch(request, {
    onRequestStart: (controller) => {
      exchange = controller;
      // The caller ended it while it waited for a connection.
      if (ended !== null) controller.abort(ended);
    },
    onResponseStart: (_controller, status, headers) => {
      // Informational answers, such as early hints, come before the real one.
      if (status >= 200) listener.head(status, headers);
    },
    onResponseData: (controller, chunk) => {
      const problem = listener.chunk(chunk);
      if (problem !== null) controller.abort(problem);
    },
    onResponseEnd: () => listener.end(),
    onResponseError: (_controller, error) => listener.error(error),
  });
  return (reason) => {
    ended ??= reason;
    exchange?.abort(reason);
  };
};
