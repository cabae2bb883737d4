import { follow, type FollowedAnswer, type Question } from './follow.ts';
import { RegistryError } from './registry-error.ts';
import type { Endpoint } from './registry-host.ts';
import type { Asking, SignIn } from './sign-in.ts';
import type { Transport } from './transport.ts';
import type { Trial, Trials } from './trials.ts';

export type SignedInParts = {
  readonly transport: Transport;
  readonly signIn: SignIn;
  readonly trials: Trials<FollowedAnswer>;
};

export const refusedThere = (
  endpoint: Endpoint,
  question: Question,
  status: number,
): RegistryError => {
  const what = question.repository === null ? '' : ` to ${question.repository}`;
  return new RegistryError(
    'sign-in-refused',
    `${endpoint.name} refuses access${what} (${status}); its credentials may lack the right to pull, or there is no such repository`,
  );
};

/** A registry as such: asked with credentials it says whether they are good, whatever they give access to. */
const SELF: Question = {
  method: 'GET',
  path: '/v2/',
  repository: null,
  headers: {},
  maxBytes: 64 * 1024,
};

/** Sends a user name and password along, and finds out what a refusal was about. */
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
  // Some (Nexus) refuse a repository as others refuse a password.
  const isSelf = question.path === SELF.path;
  const self = isSelf ? answer : await follow(transport, asking, SELF, authorization);
  if (self.status === 401) return { answer, credentials: 'refused' };
  return { answer, credentials: self.status === 200 ? 'accepted' : 'unknown' };
};

const send = (
  parts: SignedInParts,
  asking: Asking,
  question: Question,
  authorization: string | null,
): Promise<FollowedAnswer> => {
  if (authorization?.startsWith('Basic ') !== true) {
    return follow(parts.transport, asking, question, authorization);
  }
  return sendPassword(parts, asking, question, authorization);
};

const sendPassword = async (
  parts: SignedInParts,
  asking: Asking,
  question: Question,
  authorization: string,
): Promise<FollowedAnswer> => {
  const { name } = asking.endpoint;
  const { answer, credentials } = await parts.trials(name, authorization, asking.deadline, () =>
    sendBasic(parts, asking, question, authorization),
  );
  // Other credentials of the same helper would not help.
  if (answer.status === 401 && credentials === 'accepted') {
    throw refusedThere(asking.endpoint, question, 401);
  }
  return answer;
};

/** Asks, and answers the registry where it wants to know who does. */
export const askSignedIn = async (
  parts: SignedInParts,
  asking: Asking,
  question: Question,
): Promise<FollowedAnswer> => {
  const { endpoint } = asking;
  const preparing = parts.signIn.prepare(asking);
  const prepared = preparing === null ? null : await preparing;
  const answer = await send(parts, asking, question, prepared);
  if (answer.status !== 401) return answer;
  // A host that we were redirected to has no sign-in of ours to ask for.
  if (answer.url.host !== endpoint.authority) throw refusedThere(endpoint, question, 401);
  const header = answer.header('www-authenticate');
  const authorization = await parts.signIn.answer(asking, header, prepared);
  const second = await send(parts, asking, question, authorization);
  if (second.status !== 401) return second;
  // Says in its own words what was wrong with it, where it can be told.
  if (authorization.startsWith('Basic ')) {
    await parts.signIn.answer(asking, second.header('www-authenticate'), authorization);
  }
  throw refusedThere(endpoint, question, 401);
};
