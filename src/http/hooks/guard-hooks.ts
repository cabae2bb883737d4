import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import { addressOf } from '../sign-in/address-of.ts';
import type { FailureAnswer } from '../sign-in/failed-sign-in.ts';
import { LIMITS } from '../ports/limits.ts';
import { createSecretMatcher } from '../sign-in/match-secret.ts';
import { createNetworkLimit } from '../sign-in/network-limit.ts';
import type { Intake, ServerDeps, TokenProof } from '../ports/ports.ts';
import { Problem } from '../problem/problem.ts';
import { tooLarge } from '../body/read-body.ts';

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

/** GitHub's and Gitea's default for a new webhook. */
const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;

/** The password of `Authorization: Basic`, whatever the user name is. */
const passwordOf = (authorization: string): string | null => {
  const encoded = /^Basic +(\S+) *$/i.exec(authorization)?.[1];
  if (encoded === undefined) return null;
  const pair = Buffer.from(encoded, 'base64').toString();
  return pair.slice(pair.indexOf(':') + 1);
};

/**
 * The secret in a header: `Authorization` with or without a scheme, including the password of Basic, or `X-Api-Key`.
 */
const inHeader = ({ headers }: FastifyRequest): string | null => {
  const { authorization } = headers;
  if (authorization !== undefined) {
    return passwordOf(authorization) ?? authorization.replace(/^Bearer +/i, '');
  }
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
      FORM_TYPE.test(type ?? '')
        ? 'the webhook is form-encoded: set its content type to application/json at the sender (GitHub: Settings → Webhooks → Content type)'
        : 'send JSON, with the header Content-Type: application/json',
    );
  }
  return null;
};

const RETRY_AFTER_SECONDS = 10;
const NO_TOKEN: TokenProof = { kind: 'absent' };

/** `Authorization: Bearer` with a value that looks like a token. */
const TOKEN = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+) *$/i;

const tokenOf = ({ headers: { authorization } }: FastifyRequest): string | null =>
  authorization === undefined ? null : (TOKEN.exec(authorization)?.[1] ?? null);

type Options = Pick<ServerDeps, 'hookSecrets' | 'proveToken'> & {
  readonly intake: Intake;
  readonly failed: FailureAnswer;
};

/**
 * Decides from address and headers alone whether the body of a webhook is read: first by the secret, then the length,
 * then the type. A secret used from outside its networks counts as wrong, and so does one that requires a token and
 * comes without it. A wrong token is refused, whatever the secret is.
 */
export const createHookGuard = ({
  hookSecrets,
  proveToken,
  intake,
  failed,
}: Options): onRequestHookHandler => {
  const match = createSecretMatcher(hookSecrets);
  const isAllowed = createNetworkLimit(hookSecrets);

  const decide = (request: FastifyRequest, proof: TokenProof): Problem | null => {
    const { secret: inPath = null } = request.params as { readonly secret?: string };
    const text = inPath ?? inHeader(request);
    const matched = text === null ? null : match(text);
    if (proof.kind === 'wrong') return failed(addressOf(request));
    if (proof.kind === 'unknown') {
      const headers = { 'retry-after': String(RETRY_AFTER_SECONDS) };
      const detail = 'the token cannot be checked now: send it again later';
      return new Problem(503, 'token-unchecked', detail, { headers });
    }
    const proven = proof.kind === 'right' ? proof.secrets : [];
    const found =
      matched ??
      (inPath === null ? proven.find(({ value }) => value.reveal() === '') : undefined) ??
      null;
    const lacksToken =
      found !== null && found.oidc !== null && !proven.some((one) => one === found);
    const isGood = found !== null && !lacksToken && isAllowed(found, addressOf(request));
    if (!isGood && (inPath !== null || !intake.mayProve(request.headers))) {
      return failed(addressOf(request));
    }
    request.hookSecret = isGood ? found : null;
    return checkBody(request);
  };

  return (request, _reply, next) => {
    const answer = (problem: Problem | null): void => (problem === null ? next() : next(problem));
    const token = tokenOf(request);
    if (token === null) return answer(decide(request, NO_TOKEN));
    void proveToken(token).then((proof) => answer(decide(request, proof)));
  };
};
