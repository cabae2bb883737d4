import { follow, type FollowedAnswer, type Question } from './follow.ts';
import type { GeneralWant } from './general-want.ts';
import { readWanted, type Wanted } from './learnt.ts';
import { RegistryError } from '../wire/registry-error.ts';
import type { Endpoint } from '../wire/registry-host.ts';
import { SELF } from './self.ts';
import { type Asking, isFailedAlready, type Prepared, type SignIn } from './sign-in.ts';
import type { Transport } from '../wire/transport.ts';
import type { Trial, Trials } from '../pace/trials.ts';

export type SignedInParts = {
  readonly transport: Transport;
  readonly signIn: SignIn;
  readonly generalWant: GeneralWant;
  readonly trials: Trials<FollowedAnswer>;
  /** The endpoint for a host that a registry led to, by the configuration. */
  readonly endpointOf: (host: string) => Endpoint;
};

export const refusedThere = (
  endpoint: Endpoint,
  question: Question,
  status: number,
): RegistryError => {
  const what = question.repository === null ? '' : ` to ${question.repository}`;
  return new RegistryError(
    'sign-in-refused',
    `${endpoint.name} refuses access${what} (${status}); its credentials may lack the right to pull, or the repository does not exist`,
    { status },
  );
};

/** Sends a user name and password, and finds out what a refusal was about. */
const sendBasic = async (
  { transport }: SignedInParts,
  asking: Asking,
  question: Question,
  authorization: string,
): Promise<Trial<FollowedAnswer>> => {
  const answer = await follow(transport, asking, question, authorization);
  const { status, url } = answer;
  if (status === 429 || status >= 500) return { answer, credentials: 'unknown' };
  if (status !== 401) return { answer, credentials: 'accepted' };
  if (url.host !== asking.endpoint.authority) return { answer, credentials: 'unknown' };
  // Some registries (Nexus) refuse a repository with the same status as a wrong password.
  const isSelf = question.path === SELF.path;
  const self = isSelf ? answer : await follow(transport, asking, SELF, authorization);
  if (self.status === 200) return { answer, credentials: 'accepted' };
  // If it requires a token there, the answer says nothing about a password.
  const wantsBasic = readWanted(self.header('www-authenticate'))?.kind !== 'bearer';
  return { answer, credentials: self.status === 401 && wantsBasic ? 'refused' : 'unknown' };
};

/** An answer, and whether the sign-in was accepted: then a refusal is about the thing asked for. */
type Sent = { readonly answer: FollowedAnswer; readonly isKnown: boolean };

const send = async (
  parts: SignedInParts,
  asking: Asking,
  question: Question,
  authorization: string | null,
): Promise<Sent> => {
  if (authorization?.startsWith('Basic ') !== true) {
    const answer = await follow(parts.transport, asking, question, authorization);
    return { answer, isKnown: false };
  }
  const { name } = asking.endpoint;
  const { answer, credentials } = await parts.trials(name, authorization, asking.deadline, () =>
    sendBasic(parts, asking, question, authorization),
  );
  return { answer, isKnown: credentials === 'accepted' };
};

const REFUSALS = new Set([401, 403]);
/** Other statuses that a wrong guess may get: some registries hide what a client must not see. */
const HIDDEN = new Set([400, 404]);

/** What was sent unasked and refused. */
type Refusal = Sent & { readonly authorization: string };

/** Sends what the registry requires. */
const answerWant = async (
  parts: SignedInParts,
  asking: Asking,
  question: Question,
  { want, refusal }: { want: Wanted; refusal: Refusal | null },
): Promise<FollowedAnswer> => {
  const refused401 = refusal?.answer.status === 401 && !refusal.isKnown;
  const sent = refused401 ? refusal.authorization : null;
  const authorization = await parts.signIn.answer(asking, want, sent);
  // The registry has seen exactly this and would not answer better.
  if (authorization === refusal?.authorization) {
    if (!REFUSALS.has(refusal.answer.status)) parts.signIn.learn(asking, want);
    return conclude(asking, question, refusal);
  }
  const sentOnce = await send(parts, asking, question, authorization);
  const isWrong = sentOnce.answer.status === 401 && !sentOnce.isKnown && want.kind === 'basic';
  const last = isWrong
    ? // The helper may have a new password by now. If not, the error says what is wrong with this one.
      await send(parts, asking, question, await parts.signIn.answer(asking, want, authorization))
    : sentOnce;
  const answer = conclude(asking, question, last);
  if (answer.status !== 403) parts.signIn.learn(asking, want);
  return answer;
};

const conclude = ({ endpoint }: Asking, question: Question, { answer }: Sent): FollowedAnswer => {
  if (answer.status === 401) throw refusedThere(endpoint, question, 401);
  return answer;
};

/**
 * Sends what the registry required before. Returns the registry's answer, or the refusal if it is not an answer yet.
 */
const sendPrepared = async (
  parts: SignedInParts,
  asking: Asking,
  question: Question,
  prepared: Extract<Prepared, { kind: 'ready' }>,
): Promise<{ readonly answer: FollowedAnswer } | { readonly refusal: Refusal }> => {
  const { authorization, isGuess } = prepared;
  const sent = await send(parts, asking, question, authorization);
  const { status, url } = sent.answer;
  // The host that we were redirected to has not seen the credentials.
  if (url.host !== asking.endpoint.authority) return { answer: conclude(asking, question, sent) };
  if (REFUSALS.has(status)) parts.signIn.forget(asking);
  else if (!isGuess || !HIDDEN.has(status)) return { answer: sent.answer };
  return { refusal: { ...sent, authorization } };
};

/**
 * Asks, and signs in if the registry requires it. First sends what the registry required before. If that fails, it
 * asks as if nothing were known about the registry.
 */
export const askSignedIn = async (
  parts: SignedInParts,
  asking: Asking,
  question: Question,
): Promise<FollowedAnswer> => {
  const preparing = parts.signIn.prepare(asking);
  const prepared = preparing === null ? null : await preparing;
  let refusal: Refusal | null = null;
  if (prepared?.kind === 'failed') parts.signIn.forget(asking);
  if (prepared?.kind === 'ready') {
    const sent = await sendPrepared(parts, asking, question, prepared);
    if ('answer' in sent) return sent.answer;
    ({ refusal } = sent);
    // An expired token gets a challenge with the refusal, so there is no need to ask for one.
    const want = refusal.isKnown ? null : wantedBy(asking, refusal.answer);
    if (want !== null) return answerWant(parts, asking, question, { want, refusal });
  }
  const plain = await send(parts, asking, question, null);
  return answerPlain(parts, asking, question, { plain: plain.answer, prepared, refusal });
};

const WANTS_SIGN_IN = 'it requires a sign-in at /v2/, and no credentials are configured for it';

/** Continues after the answer to a request without credentials. */
const answerPlain = async (
  parts: SignedInParts,
  asking: Asking,
  question: Question,
  sofar: {
    readonly plain: FollowedAnswer;
    readonly prepared: Prepared | null;
    readonly refusal: Refusal | null;
  },
): Promise<FollowedAnswer> => {
  const { endpoint, scope } = asking;
  const { plain, prepared, refusal } = sofar;
  const { status, url } = plain;
  if (!REFUSALS.has(status) && !HIDDEN.has(status)) return plain;
  if (url.host !== endpoint.authority) {
    return status === 401 ? signInElsewhere(parts, asking, question, plain) : plain;
  }
  const told = wantedBy(asking, plain);
  const want = told ?? (question.path === SELF.path ? null : await parts.generalWant(asking));
  if (want === null) {
    if (status !== 401) return plain;
    const detail = `${endpoint.name} refuses (401) and offers no supported way to sign in`;
    throw new RegistryError('sign-in-refused', detail);
  }
  if (isFailedAlready(prepared, want, scope)) throw prepared.error;
  try {
    return await answerWant(parts, asking, question, { want, refusal });
  } catch (error) {
    // Without credentials there is no other way to ask, so the first answer stands.
    const isMissing = error instanceof RegistryError && error.noCredentials;
    if (status !== 401 && isMissing) return { ...plain, hint: WANTS_SIGN_IN };
    throw error;
  }
};

/**
 * Signs in at the host that a registry leads to, for example if it is a front for another registry: only over HTTPS,
 * and only with the credentials of that host.
 */
const signInElsewhere = async (
  parts: SignedInParts,
  asking: Asking,
  question: Question,
  { url, header }: FollowedAnswer,
): Promise<FollowedAnswer> => {
  const want = readWanted(header('www-authenticate'));
  const isSafe = url.protocol === 'https:' && asking.sentBy === null;
  if (want === null || !isSafe) throw refusedThere(asking.endpoint, question, 401);
  const there: Asking = {
    ...asking,
    endpoint: parts.endpointOf(url.host),
    scheme: 'https',
    sentBy: new URL(`https://${asking.endpoint.authority}`).hostname,
  };
  const path = `${url.pathname}${url.search}`;
  return answerWant(parts, there, { ...question, path }, { want, refusal: null });
};

const wantedBy = ({ endpoint }: Asking, { status, url, header }: FollowedAnswer): Wanted | null =>
  status === 401 && url.host === endpoint.authority ? readWanted(header('www-authenticate')) : null;
