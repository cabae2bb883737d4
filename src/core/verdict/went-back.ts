import type { Service } from '../swarm/service.ts';
import type { Hold } from './verdict.ts';

/**
 * The hold on a digest that ran well on this service, if the engine has since rolled back from it. Our own update ended
 * long before, so a person started that rollback. Null if there was none.
 */
export const wentBack = ({ update, updatedAt }: Service): Hold | null =>
  update?.state === 'rollback_completed' || update?.state === 'rollback_paused'
    ? { kind: 'left-by-person', since: update.startedAt ?? updatedAt, deployment: null }
    : null;
