import type { Service } from '../swarm/service.ts';
import type { Hold } from './verdict.ts';

/**
 * The hold on the digest that a service had proven itself with, where the engine has gone back from it
 * since: of our own updates that was ended long ago, so that somebody told it to. Null where it has not.
 */
export const wentBack = ({ update, updatedAt }: Service): Hold | null =>
  update?.state === 'rollback_completed' || update?.state === 'rollback_paused'
    ? { kind: 'left-by-person', since: update.startedAt ?? updatedAt, deployment: null }
    : null;
