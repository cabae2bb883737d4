import type { ApprovalLinks, OpenedLink } from '../../core/policy/approvals/approval-links.ts';
import { LINK_ROLE } from '../../core/policy/approvals/judge-vote.ts';
import { findLink } from '../../store/approvals/links.ts';
import { findWaiting, viewOf } from '../../store/approvals/waiting.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import type { Clock } from '../loop/clock.ts';
import type { DecideActs } from './decide-acts.ts';
import { hashOfLink } from './with-links.ts';

export type LinksDeps = {
  readonly db: Db;
  readonly clock: Pick<Clock, 'now'>;
  readonly acts: DecideActs;
};

export const createApprovalLinks = ({ db, clock, acts }: LinksDeps): ApprovalLinks => {
  const find = async (token: string) => {
    const hash = hashOfLink(token);
    const link = await findLink(db, hash);
    if (link === null) return null;
    const row = await findWaiting(db, link.cluster, link.service_id);
    const isMeant =
      row?.digest === link.digest &&
      row.tag === link.tag &&
      row.spec_fingerprint === link.spec_fingerprint;
    const isOver = link.usedAt !== null || link.expiresAt <= clock.now();
    const over = link.usedAt === null ? 'expired' : 'used';
    const state: OpenedLink['state'] = isOver ? over : isMeant ? 'open' : 'replaced';
    const waiting = row === null || !isMeant ? null : await viewOf(db, row);
    return { hash, link, state, waiting };
  };

  return {
    open: async (token) => {
      const found = await find(token);
      if (found === null) return null;
      const { state, waiting, link } = found;
      const expiresAt = new Date(link.expiresAt).toISOString();
      return { state, waiting, channel: link.channel, expiresAt };
    },
    decide: async (token, decision, { address, signal }) => {
      const found = await find(token);
      if (found === null || found.state !== 'open') return null;
      const { hash, link } = found;
      const key = { cluster: link.cluster, service: link.service_id };
      const by = {
        actor: `${link.channel} (link)`,
        role: LINK_ROLE,
        address,
        link: { hash, channel: link.channel },
        signal,
      };
      return decision.kind === 'approve'
        ? acts.approve(key, { digest: link.digest }, by)
        : acts.reject(key, { digest: link.digest, reason: decision.reason }, by);
    },
  };
};
