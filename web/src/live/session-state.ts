import { signal } from '@preact/signals';
import { hasRole, type Role } from '../../../src/core/contract/role.ts';
import { ApiProblem } from '../api/api-problem.ts';
import { forgetAnswers } from '../api/ask.ts';
import { readSession, type Session } from '../api/session.ts';

export type SessionState =
  | { readonly kind: 'asking' }
  /** The helper did not say whether anybody is signed in. */
  | { readonly kind: 'unknown'; readonly problem: string }
  | { readonly kind: 'signed-out'; readonly why: string | null }
  | { readonly kind: 'signed-in'; readonly session: Session };

const NOT_SIGNED_IN = 401;

export const sessionState = signal<SessionState>({ kind: 'asking' });

/** Whether the helper was updated after it served this page. */
export const isOutdated = signal(false);

export const enter = (session: Session): void => {
  const before = sessionState.peek();
  if (before.kind === 'signed-in' && before.session.version !== session.version) {
    isOutdated.value = true;
  }
  sessionState.value = { kind: 'signed-in', session };
};

export const leave = (why: string | null): void => {
  forgetAnswers();
  sessionState.value = { kind: 'signed-out', why };
};

/** Asks whether the session is still valid. Without an answer, a signed-in session stays signed in. */
export const confirmSession = async (): Promise<void> => {
  const before = sessionState.value.kind;
  try {
    enter(await readSession());
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    if (error.status === NOT_SIGNED_IN) {
      leave(before === 'signed-in' ? 'The session has ended.' : null);
    } else if (before !== 'signed-in') {
      sessionState.value = { kind: 'unknown', problem: error.message };
    }
  }
};

/** Null while nobody is signed in. */
export const signedInAs = (): Session | null =>
  sessionState.value.kind === 'signed-in' ? sessionState.value.session : null;

const hasSignedIn = (role: Role): boolean =>
  sessionState.value.kind === 'signed-in' && hasRole(sessionState.value.session.role, role);

/** Whether the signed-in token may vote on waiting images. */
export const mayDecide = (): boolean => hasSignedIn('approver');

/** Whether the signed-in token may act, not just read. */
export const isOperator = (): boolean => hasSignedIn('operator');
