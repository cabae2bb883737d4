import { ActRefused } from '../../core/contract/act-refused.ts';
import type { ChannelTestView, NoticeChannel } from '../../core/contract/notice.ts';
import { TRIAL_TOKEN } from '../../core/policy/approvals/approval-links.ts';
import { recordAction } from '../../store/access/actions.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import type { Clock } from '../loop/clock.ts';

export type NotifyTestDeps = {
  readonly channels: readonly NoticeChannel[];
  readonly db: Db;
  readonly clock: Pick<Clock, 'now'>;
  /** Ids that sort by time. */
  readonly newId: () => string;
  /** The helper's public address, for links; null: messages have no links. */
  readonly publicUrl: string | null;
};

/**
 * Sends a test message to every channel, or to the named one, once and now, and returns the result for each. Filters
 * do not apply. Channels whose readers may vote get a sample link that decides nothing.
 *
 * @throws {ActRefused} if there is no such channel
 */
export type TestNotifications = (
  request: { readonly channel: string | null },
  by: { readonly actor: string; readonly address?: string; readonly signal: AbortSignal },
) => Promise<readonly ChannelTestView[]>;

export const createNotifyTest =
  ({ channels, db, clock, newId, publicUrl }: NotifyTestDeps): TestNotifications =>
  async ({ channel: wanted }, { actor, address, signal }) => {
    const chosen = channels.filter(({ name }) => wanted === null || name === wanted);
    if (chosen.length === 0) {
      const known = channels.map(({ name }) => name).join(', ');
      throw known === ''
        ? new ActRefused('not-supported', 'no notification channel is configured')
        : new ActRefused(
            'not-found',
            `there is no notification channel ${wanted}; there is ${known}`,
          );
    }
    const now = clock.now();
    await recordAction(
      db,
      {
        id: newId(),
        actor,
        address: address ?? null,
        action: 'notify-test',
        target: wanted ?? '*',
        detail: {},
      },
      now,
    );
    const at = new Date(now).toISOString();
    return Promise.all(
      chosen.map(async ({ name, type, send, approve }) => {
        const hasLinks = approve !== null && publicUrl !== null;
        const trialLink = hasLinks ? `${publicUrl}/approvals/${TRIAL_TOKEN}` : null;
        const outcome = await send({ kind: 'test', id: newId(), at, by: actor, trialLink }, signal);
        return outcome.kind === 'sent'
          ? { channel: name, type, ok: true, detail: 'sent' }
          : { channel: name, type, ok: false, detail: outcome.detail };
      }),
    );
  };
