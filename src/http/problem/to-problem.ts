import { ActRefused, type ActProblem } from '../../core/contract/act-refused.ts';
import { ClusterError } from '../../core/swarm/cluster.ts';
import { BacklogFull } from '../../core/contract/delivery.ts';
import { StoreFailure } from '../../core/store-failure.ts';
import { Problem, type ProblemItem } from './problem.ts';

const ACT_STATUS: Readonly<Record<ActProblem, number>> = {
  'invalid-request': 400,
  'not-found': 404,
  'not-allowed': 403,
  conflict: 409,
  held: 409,
  'not-supported': 422,
  unreachable: 502,
};

/** A store that restarts or fails over is back within seconds. */
const STORE_RETRY_SECONDS = 10;

/** Fastify's own refusals. Its messages are not passed on, because some of them contain the address. */
const FRAMEWORK: Readonly<Record<string, readonly [status: number, code: string, detail: string]>> =
  {
    FST_ERR_CTP_BODY_TOO_LARGE: [413, 'body-too-large', 'the body is longer than is read'],
    FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
      400,
      'wrong-content-length',
      'the body is not as long as Content-Length says',
    ],
    FST_ERR_CTP_INVALID_MEDIA_TYPE: [
      415,
      'not-json',
      'send JSON, with the header Content-Type: application/json',
    ],
    FST_ERR_BAD_URL: [400, 'malformed-address', 'the address has a broken percent-encoding'],
    FST_ERR_MAX_PARAM_LENGTH: [414, 'address-too-long', 'a part of the address is too long'],
  };

const validationItems = (error: object): readonly ProblemItem[] | null => {
  const validation: unknown = Reflect.get(error, 'validation');
  if (!Array.isArray(validation)) return null;
  return validation.map((item: { instancePath?: string; message?: string }) => ({
    path: (item.instancePath ?? '').replace(/^\//, ''),
    detail: item.message ?? 'is not valid',
  }));
};

/** The problem to send for any error. An unexpected error becomes a 500 that reveals nothing. */
export const toProblem = (error: unknown): Problem => {
  if (error instanceof Problem) return error;
  if (error instanceof ActRefused) {
    return new Problem(ACT_STATUS[error.code], error.code, error.message);
  }
  if (error instanceof BacklogFull) {
    return new Problem(503, error.code, 'too much work is waiting: send it again later', {
      headers: { 'retry-after': String(error.retryAfterSeconds) },
    });
  }
  if (error instanceof StoreFailure) {
    // Its message names the server, which is for operators only.
    return new Problem(
      503,
      `store-${error.kind}`,
      'the store does not answer now: try again later',
      {
        headers: { 'retry-after': String(STORE_RETRY_SECONDS) },
      },
    );
  }
  if (error instanceof ClusterError) {
    return new Problem(
      error.code === 'timed-out' ? 504 : 502,
      `cluster-${error.code}`,
      error.message,
    );
  }
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    const detail = 'a cluster or a registry did not answer in time: try again later';
    return new Problem(504, 'timed-out', detail);
  }
  if (typeof error !== 'object' || error === null) {
    return new Problem(500, 'internal', 'something went wrong; the log says what');
  }
  const errors = validationItems(error);
  if (errors !== null) {
    return new Problem(400, 'invalid-request', 'the request is not as it should be', { errors });
  }
  const code: unknown = Reflect.get(error, 'code');
  const known = typeof code === 'string' ? FRAMEWORK[code] : undefined;
  if (known !== undefined) return new Problem(...known);
  const status: unknown = Reflect.get(error, 'statusCode');
  return typeof status === 'number' && status >= 400 && status < 500
    ? new Problem(status, 'refused', 'the request was refused')
    : new Problem(500, 'internal', 'something went wrong; the log says what');
};
