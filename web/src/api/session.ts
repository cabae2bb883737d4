import type { Role } from '../../../src/core/contract/role.ts';
import type { Scope } from '../../../src/core/contract/scope.ts';
import { ask } from './ask.ts';

/** Who is signed in. */
export type Session = {
  readonly name: string;
  readonly role: Role;
  /** Patterns of what the token may see and act on; null: no limit. */
  readonly scope: Scope | null;
  readonly tokenExpiresAt: string | null;
  readonly expiresAt: string | null;
  readonly version: string;
};

export const readSession = (): Promise<Session> => ask('/api/v1/session');

export const signIn = (token: string): Promise<Session> =>
  ask('/api/v1/session', { method: 'POST', body: { token } });

export const signOut = (): Promise<null> => ask('/api/v1/session', { method: 'DELETE' });

/** Ends every session of this token's name, in every browser. */
export const signOutEverywhere = (): Promise<null> => ask('/api/v1/sessions', { method: 'DELETE' });
