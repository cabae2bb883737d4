import { createHash } from 'node:crypto';
import type { Message, NoticeChannel } from '../../core/contract/notice.ts';
import type { GateNotice } from '../../core/policy/approvals/gate-notice.ts';
import { LINK_ROLE } from '../../core/policy/approvals/judge-vote.ts';
import { addLink } from '../../store/approvals/links.ts';
import { findWaiting } from '../../store/approvals/waiting.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import type { Clock } from '../loop/clock.ts';

export type LinkDeps = {
  readonly db: Db;
  readonly clock: Pick<Clock, 'now'>;
  /** The helper's public address, for links; null: messages have no links. */
  readonly publicUrl: string | null;
  readonly randomBytes: (size: number) => Buffer;
};

/** Enough random bytes that nobody can guess a token. */
const TOKEN_BYTES = 32;

/** What the store keeps of a link's token: its hash. */
export const hashOfLink = (token: string): string =>
  createHash('sha256').update(token).digest('base64url');

/**
 * The message for this attempt to send it, with a one-time link for each image that the channel's readers may vote
 * on. Each attempt makes new links; the store keeps only their hashes.
 */
export const withLinks = async (
  deps: LinkDeps,
  channel: Pick<NoticeChannel, 'name' | 'approve'>,
  message: Message,
): Promise<Message> => {
  if (message.kind !== 'gates' || channel.approve === null || deps.publicUrl === null) {
    return message;
  }
  const notices: GateNotice[] = [];
  for (const notice of message.notices) {
    notices.push({ ...notice, link: await linkFor(deps, channel, notice) });
  }
  return { ...message, notices };
};

const linkFor = async (
  { db, clock, publicUrl, randomBytes }: LinkDeps,
  { name, approve }: Pick<NoticeChannel, 'name' | 'approve'>,
  notice: GateNotice,
): Promise<GateNotice['link']> => {
  const asked = notice.gates.find(({ votes }) => votes !== null);
  if (notice.state !== 'waiting' || asked === undefined || asked.until === null) return null;
  if (!asked.canOpen.includes(LINK_ROLE)) return null;
  const row = await findWaiting(db, notice.cluster, notice.service.id);
  // Another image waits by now. It has its own message.
  if (row === null || row.digest !== notice.to) return null;
  const now = clock.now();
  const deadline = Date.parse(asked.until);
  const forMs = approve?.forMs ?? null;
  const expiresAt = forMs === null ? deadline : Math.min(deadline, now + forMs);
  if (expiresAt <= now) return null;
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  await addLink(db, { hash: hashOfLink(token), channel: name, expiresAt }, row, now);
  return {
    url: `${publicUrl}/approvals/${token}`,
    expiresAt: new Date(expiresAt).toISOString(),
  };
};
