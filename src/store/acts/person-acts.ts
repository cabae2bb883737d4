import { type NewAction, recordAction } from '../access/actions.ts';
import { addFreeze, endFreeze, type NewFreeze } from '../holds/freezes.ts';
import { noteWaited, type Passed, takeWaited } from '../gates/pass-gates.ts';
import { addHoldOnce, type NewHold, releaseHolds } from '../holds/holds.ts';
import type { Db } from '../sqlite/open-store.ts';
import { type NewDeployment, queueDeployment } from '../deployments/queue-deployment.ts';
import { addSession, endSession, endSessionsOf, type StoredSession } from '../access/sessions.ts';
import type { FreezeView } from '../../core/contract/views.ts';

/*
 * Actions of people. Each is one unit of work: the action and the record of who did it are stored together, or neither
 * is.
 */

/**
 * Queues a deployment at a person's request. Returns its id, or that of the one it joined. Takes over the triggers of
 * its waiting image, and announces who passed the gates.
 */
export const queueByPerson = (
  db: Db,
  { deployment, passed }: { readonly deployment: NewDeployment; readonly passed: Passed },
  action: NewAction,
  now: number,
): Promise<string> =>
  db.transaction().execute(async (query) => {
    await recordAction(query, action, now);
    const waited = await takeWaited(query, deployment, passed);
    const triggers = [...waited, ...deployment.triggers];
    const { id } = await queueDeployment(query, { ...deployment, triggers }, now);
    await noteWaited(query, { ...deployment, id }, passed, now);
    return id;
  });

/**
 * Releases every hold of a service. A hold that the store did not know is recorded first, so that its release is known.
 */
export const releaseByPerson = (
  db: Db,
  of: {
    readonly cluster: string;
    readonly serviceId: string;
    readonly unknown: NewHold | null;
  },
  action: NewAction,
  now: number,
): Promise<void> =>
  db.transaction().execute(async (query) => {
    if (of.unknown !== null) await addHoldOnce(query, of.unknown, now);
    const lifted = await releaseHolds(query, of, action.actor, now);
    await recordAction(query, { ...action, detail: { lifted } }, now);
  });

export const freezeByPerson = (
  db: Db,
  freeze: NewFreeze,
  action: NewAction,
  now: number,
): Promise<FreezeView> =>
  db.transaction().execute(async (query) => {
    await recordAction(query, action, now);
    return addFreeze(query, freeze, now);
  });

/** False if there is no such freeze; then nothing is recorded. */
export const thawByPerson = (
  db: Db,
  freeze: string,
  action: NewAction,
  now: number,
): Promise<boolean> =>
  db.transaction().execute(async (query) => {
    const stood = await endFreeze(query, freeze, action.actor, now);
    if (stood) await recordAction(query, action, now);
    return stood;
  });

export const signIn = (
  db: Db,
  session: Omit<StoredSession, 'createdAt' | 'usedAt'>,
  action: NewAction,
  now: number,
): Promise<void> =>
  db.transaction().execute(async (query) => {
    await addSession(query, session, now);
    await recordAction(query, action, now);
  });

export const signOut = (db: Db, idHash: string, action: NewAction, now: number): Promise<void> =>
  db.transaction().execute(async (query) => {
    if (await endSession(query, idHash)) await recordAction(query, action, now);
  });

/** Ends every session of a token, and records their number. */
export const signOutEverywhere = (
  db: Db,
  token: string,
  action: NewAction,
  now: number,
): Promise<void> =>
  db.transaction().execute(async (query) => {
    const sessions = await endSessionsOf(query, token);
    await recordAction(query, { ...action, detail: { sessions } }, now);
  });
