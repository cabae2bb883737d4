import type { Config } from '../config/schema/config.ts';
import { LINK_ROLE } from '../core/policy/approvals/judge-vote.ts';
import type { Gating } from '../work/gates/gating.ts';

/** All channels with one-time voting links count as one voter. */
const LINKS = { role: LINK_ROLE, scope: null };

/** The gates of the configuration, and who could vote. */
export const gatingFrom = ({
  policies,
  api,
  notifications,
}: Pick<Config, 'policies' | 'api' | 'notifications'>): Gating => ({
  policies,
  voters: [
    ...api.tokens.map(({ role, scope }) => ({ role, scope })),
    ...(notifications.some(({ approve }) => approve !== null) ? [LINKS] : []),
  ],
});
