import { type Newest, readNewest } from '../api/read-newest.ts';
import type { WaitingView } from '../../../src/core/policy/approvals/waiting-view.ts';
import type { Happening } from '../live/happening.ts';
import type { Source } from '../live/use-shown.ts';

/** The path of the list in the API. */
export const WAITING = '/api/v1/waiting';

/** Whether an event may have changed what waits. */
export const concernsWaiting = ({ type }: Happening): boolean =>
  type === 'waiting' || type === 'vote' || type === 'deployment';

/** The first `count` waiting entries, of one service or of all. */
export const waitingShown = (
  count: number,
  filters: Readonly<Record<string, string>> = {},
): Source<Newest<WaitingView>> => ({
  of: JSON.stringify([WAITING, filters]),
  read: (signal) => readNewest(WAITING, filters, count, signal),
  concerns: concernsWaiting,
});
