import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '../../core/log.ts';
import { Problem, PROBLEM_TYPE, problemBody } from './problem.ts';
import { toProblem } from './to-problem.ts';
import { STATUS_CODES } from './node-http.ts';

/** Maximum number of delayed answers at the same time. Each holds a request. */
const MOST_PUT_OFF = 256;

/**
 * Answers an error with its problem, at once or after the problem's delay. Logs only the route's pattern, never the
 * address itself.
 */
export const createErrorHandler = (log: Log) => {
  let putOff = 0;
  const answer = (problem: Problem, reply: FastifyReply): FastifyReply =>
    reply
      .code(problem.status)
      // No hook has run if the address itself is malformed.
      .header('x-content-type-options', 'nosniff')
      .headers(problem.headers)
      .type(PROBLEM_TYPE)
      .serializer(JSON.stringify)
      .send(problemBody(problem));

  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const problem = toProblem(error);
    if (problem.status >= 500 && problem !== (error as unknown)) {
      log.error('request failed', {
        method: request.method,
        route: request.routeOptions.url ?? 'none',
        code: problem.code,
        error,
      });
    }
    if (problem.delayMs === 0 || putOff >= MOST_PUT_OFF) {
      answer(problem, reply);
      return;
    }
    putOff += 1;
    setTimeout(() => {
      putOff -= 1;
      answer(problem, reply);
    }, problem.delayMs);
  };
};

/** The client sent invalid HTTP, or was too slow: there is no request to answer, only a socket. */
const UNREADABLE: Readonly<
  Record<string, readonly [status: number, code: string, detail: string]>
> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'too-slow', 'the request took too long to arrive'],
  HPE_HEADER_OVERFLOW: [431, 'headers-too-long', 'the headers are longer than is read'],
};

export const answerUnreadable = (error: Error & { code?: string }, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, code, detail] = UNREADABLE[error.code ?? ''] ?? [
    400,
    'malformed-request',
    'this is no HTTP request',
  ];
  const body = JSON.stringify(problemBody(new Problem(status, code, detail)));
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: ${PROBLEM_TYPE}\r\nX-Content-Type-Options: nosniff\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
};

export const addNotFound = (app: FastifyInstance): void => {
  app.setNotFoundHandler(() => {
    throw new Problem(404, 'no-such-address', 'there is nothing at this address');
  });
};
