import type { FastifyReply } from 'fastify';

/** A signal that aborts, with `reason`, when the client disconnects before it has its whole answer. */
export const whileConnected = ({ raw }: FastifyReply, reason: () => Error): AbortSignal => {
  const gone = new AbortController();
  const leave = (): void => {
    if (!raw.writableFinished) gone.abort(reason());
  };
  raw.once('close', leave);
  // A connection that has already closed is not announced again.
  if (raw.destroyed) leave();
  return gone.signal;
};
