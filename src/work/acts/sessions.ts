import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Log } from '../../core/log.ts';
import { sessionEnd } from '../../core/contract/session.ts';
import type { NewAction } from '../../store/access/actions.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { signIn, signOut, signOutEverywhere } from '../../store/acts/person-acts.ts';
import {
  endSession,
  endSessionsBut,
  findSession,
  type StoredSession,
  touchSession,
} from '../../store/access/sessions.ts';
import type { Clock } from '../loop/clock.ts';

/** The parts of an API token that a session needs. */
export type SessionToken = {
  readonly name: string;
  /** Hash of the token's value. */
  readonly hash: string;
};

export type OpenSession<T> = {
  readonly token: T;
  /** RFC 3339: when the session ends if it is not used again. */
  readonly expiresAt: string;
};

/** Sign-ins with a token. They outlive a request and a restart. */
export type Sessions<T> = {
  /** Signs in. The id is the secret that the client sends from then on. */
  readonly open: (token: T, address: string) => Promise<OpenSession<T> & { readonly id: string }>;
  /**
   * The session, or null. Asking counts as a use. If the store cannot record the use because its disk is full, the
   * session is still valid, but does not last longer.
   */
  readonly use: (id: string) => Promise<OpenSession<T> | null>;
  /** Whether the session is valid. Does not count as a use. */
  readonly stands: (id: string) => Promise<boolean>;
  /** Ends the session. Recorded under the token that opened it. */
  readonly end: (id: string, address: string) => Promise<void>;
  /**
   * Ends sessions whose token is no longer configured, so that they do not come back with it. Call this at the start.
   */
  readonly endUnknown: () => Promise<void>;
  /** Ends all sessions that the token opened. */
  readonly endAll: (token: T, address: string) => Promise<void>;
};

export type SessionsDeps<T> = {
  /** The configured tokens. A session ends when its token is removed or gets another value. */
  readonly tokens: readonly T[];
  readonly db: Db;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  /** Ids that sort by time, for the audit. */
  readonly newId: () => string;
  readonly randomBytes: (size: number) => Buffer;
};

const ID_BYTES = 32;
/**
 * A use is recorded only if the last recorded use, or the last attempt that the store refused, is older than this.
 */
const TOUCH_EVERY_MS = 60_000;

const hashOf = (id: string): string => createHash('sha256').update(id).digest('base64url');

/**
 * Ties a session to its token's value. The key is the session's id, which is not stored, so the store holds nothing
 * that helps to guess a token.
 */
const fingerprintOf = (id: string, token: SessionToken): Buffer =>
  createHmac('sha256', id).update(token.hash).digest();

export const createSessions = <T extends SessionToken>(deps: SessionsDeps<T>): Sessions<T> => {
  const { db, clock, log, newId } = deps;
  let refusedAt = Number.NEGATIVE_INFINITY;

  /** Records the use if that is due. Returns when the session was last used, as far as the store knows. */
  const touch = async ({ idHash, usedAt }: StoredSession): Promise<number> => {
    const now = clock.now();
    if (now - usedAt < TOUCH_EVERY_MS) return now;
    if (now - refusedAt < TOUCH_EVERY_MS) return usedAt;
    try {
      await touchSession(db, idHash, now);
      return now;
    } catch (error) {
      refusedAt = now;
      log.warn('the use of a session was not recorded', { error });
      return usedAt;
    }
  };

  const find = async (id: string) => {
    const stored = await findSession(db, hashOf(id));
    const token = deps.tokens.find(({ name }) => name === stored?.token);
    if (stored === null || sessionEnd(stored) <= clock.now()) return null;
    const isSame =
      token !== undefined &&
      timingSafeEqual(fingerprintOf(id, token), Buffer.from(stored.fingerprint, 'base64url'));
    if (isSame) return { stored, token };
    // The token is gone or has another value. If the old value comes back, this session must not.
    await endSession(db, stored.idHash).catch(() => false);
    return null;
  };

  const shown = (token: T, times: Parameters<typeof sessionEnd>[0]): OpenSession<T> => ({
    token,
    expiresAt: new Date(sessionEnd(times)).toISOString(),
  });

  const actionOf = (name: string, address: string, action: string): NewAction => ({
    id: newId(),
    actor: name,
    address,
    action,
    target: name,
    detail: {},
  });

  return {
    open: async (token, address) => {
      const id = deps.randomBytes(ID_BYTES).toString('base64url');
      const now = clock.now();
      const fingerprint = fingerprintOf(id, token).toString('base64url');
      const session = { idHash: hashOf(id), token: token.name, fingerprint };
      await signIn(db, session, actionOf(token.name, address, 'sign-in'), now);
      return { id, ...shown(token, { createdAt: now, usedAt: now }) };
    },
    use: async (id) => {
      const found = await find(id);
      if (found === null) return null;
      const { stored, token } = found;
      return shown(token, { ...stored, usedAt: await touch(stored) });
    },
    stands: async (id) => (await find(id)) !== null,
    end: async (id, address) => {
      const stored = await findSession(db, hashOf(id));
      if (stored === null) return;
      await signOut(db, stored.idHash, actionOf(stored.token, address, 'sign-out'), clock.now());
    },
    endUnknown: () =>
      endSessionsBut(
        db,
        deps.tokens.map(({ name }) => name),
      ),
    endAll: (token, address) =>
      signOutEverywhere(
        db,
        token.name,
        actionOf(token.name, address, 'sign-out-everywhere'),
        clock.now(),
      ),
  };
};
