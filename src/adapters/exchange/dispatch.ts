import type { Dispatcher } from 'undici';

export type AnswerHeaders = Parameters<
  NonNullable<Dispatcher.DispatchHandler['onResponseStart']>
>[2];

/** What is made of an answer as it comes. */
export type Listener = {
  readonly head: (status: number, headers: AnswerHeaders) => void;
  /** An error ends the exchange, and is told as what it ended with. */
  readonly chunk: (chunk: Buffer) => Error | null;
  readonly end: () => void;
  readonly error: (error: Error) => void;
};

/**
 * Sends one request and hears its answer as it comes from the connection: a stream for each answer would cost as
 * much as all the rest of a short one. Gives what ends it with an error, also while it waits for a connection.
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
      // While it waited for a connection.
      if (ended !== null) controller.abort(ended);
    },
    onResponseStart: (_controller, status, headers) => {
      // What comes before the answer itself, such as early hints, is none.
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
