import type { Page } from '../../core/contract/views.ts';
import type { RunRequest, RunSummary, RunView } from '../../core/contract/run-views.ts';
import type { ApiClient } from '../client/api-client.ts';
import { type Context, pollMsOf } from '../client/context.ts';
import { pause } from './pause.ts';
import { checkedText, type Progress } from '../output/progress.ts';

const NEWEST = 20;
/** A dry run is answered when it is finished. The helper itself ends one that makes no progress. */
const LONGEST_DRY_RUN_MS = 6 * 3_600_000;

const openDryRuns = async (api: ApiClient): Promise<readonly RunSummary[]> => {
  const { items } = await api.get<Page<RunSummary>>('/api/v1/runs', { limit: NEWEST });
  return items.filter(({ dryRun, endedAt }) => dryRun && endedAt === null);
};

/** Shows the progress of a dry run that did not exist before: most likely the one just requested. */
const watch = async (
  context: Context,
  progress: Progress,
  before: ReadonlySet<string>,
  over: AbortSignal,
): Promise<void> => {
  const api = context.api();
  for (;;) {
    await pause(pollMsOf(context.deps), over);
    const [ours] = (await openDryRuns(api)).filter(({ id }) => !before.has(id));
    if (over.aborted) return;
    if (ours !== undefined) progress.show(checkedText(ours.progress));
  }
};

/** Runs a dry run at the helper, with its progress on a terminal. */
export const dryRunAtHelper = async (context: Context, request: RunRequest): Promise<RunView> => {
  const { deps } = context;
  const api = context.api();
  const progress = context.progress();
  const over = new AbortController();
  progress.show('checking …');
  try {
    // If this fails, only the progress is missing: the answer is what counts.
    const before = progress.isSeen ? await openDryRuns(api).catch(() => null) : null;
    if (before !== null) {
      const known = new Set(before.map(({ id }) => id));
      const until = AbortSignal.any([over.signal, deps.signal]);
      watch(context, progress, known, until).catch(() => {});
    }
    const path = '/api/v1/smart-redeploy';
    const body = { ...request, dryRun: true };
    return await api.post<RunView>(path, body, { timeoutMs: LONGEST_DRY_RUN_MS });
  } finally {
    over.abort();
    progress.clear();
  }
};
