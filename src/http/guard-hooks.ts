import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import { createAddressLimit } from './address-limit.ts';
import type { FailureAnswer } from './failed-sign-in.ts';
import { LIMITS } from './limits.ts';
import { createSecretMatcher } from './match-secret.ts';
import type { HookSecret, Intake } from './ports.ts';
import { Problem } from './problem.ts';
import { tooLarge } from './read-body.ts';

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

/** The secret that a header carries: `Authorization`, with or without a scheme, or `X-Api-Key`. */
const inHeader = ({ headers }: FastifyRequest): string | null => {
  const { authorization } = headers;
  if (authorization !== undefined) return authorization.replace(/^Bearer +/i, '');
  const key = headers['x-api-key'];
  return typeof key === 'string' ? key : null;
};

const checkBody = ({ headers }: FastifyRequest): Problem | null => {
  if (Number(headers['content-length'] ?? 0) > LIMITS.hookBody) return tooLarge(LIMITS.hookBody);
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    return new Problem(415, 'compressed', 'compressed bodies are not read: send it as it is');
  }
  const type = headers['content-type'];
  const isEmpty =
    headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
  if (type === undefined ? !isEmpty : !JSON_TYPE.test(type)) {
    return new Problem(
      415,
      'not-json',
      'send JSON, with the header Content-Type: application/json',
    );
  }
  return null;
};

/**
 * Decides from address and headers alone whether a hook's body is read at all: the secret first, then
 * the length, then the type. A secret used from outside its networks is a wrong one.
 */
export const createHookGuard = (
  secrets: readonly HookSecret[],
  intake: Intake,
  failed: FailureAnswer,
): onRequestHookHandler => {
  const match = createSecretMatcher(secrets);
  const allows = new Map(secrets.map((secret) => [secret, createAddressLimit(secret.networks)]));

  const find = (request: FastifyRequest, shown: string | null): HookSecret | null => {
    const found = shown === null ? null : match(shown);
    return found !== null && (found.networks === null || allows.get(found)?.(request.ip) === true)
      ? found
      : null;
  };

  return (request, _reply, next) => {
    const params = request.params as { readonly secret?: string };
    const inPath = params.secret ?? null;
    const shown = find(request, inPath ?? inHeader(request));
    const mayEnter = shown !== null || (inPath === null && intake.mayProve(request.headers));
    if (!mayEnter) return next(failed(request.ip));
    request.hookSecret = shown;
    const problem = checkBody(request);
    return problem === null ? next() : next(problem);
  };
};
