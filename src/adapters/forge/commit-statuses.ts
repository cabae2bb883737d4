import type { Forge, ForgeReport, ReportOutcome, ReportState } from '../../core/forge/report.ts';
import { refusalOf } from './refusal.ts';
import type { CallApi } from './signed-api.ts';

/** The state names of GitHub, Gitea and Forgejo. */
const STATES: Readonly<Record<ReportState, string>> = {
  queued: 'pending',
  'in-progress': 'pending',
  success: 'success',
  failure: 'failure',
  superseded: 'error',
};

const GITLAB_STATES: Readonly<Record<ReportState, string>> = {
  queued: 'pending',
  'in-progress': 'running',
  success: 'success',
  failure: 'failed',
  superseded: 'canceled',
};

/** Sets the commit status `cd-helper/ENVIRONMENT`. Each report replaces the one before. */
export const reportCommitStatus = async (
  call: CallApi,
  { type, web }: { readonly type: Forge['type']; readonly web: string },
  report: ForgeReport,
  signal: AbortSignal,
): Promise<ReportOutcome> => {
  const { repository, commit, description, logUrl } = report;
  const context = `cd-helper/${report.environment}`;
  const isGitLab = type === 'gitlab';
  const answer = await call(
    {
      repository,
      method: 'POST',
      path: isGitLab
        ? `/projects/${encodeURIComponent(repository)}/statuses/${commit}`
        : `/repos/${repository}/statuses/${commit}`,
      body: {
        state: isGitLab ? GITLAB_STATES[report.state] : STATES[report.state],
        [isGitLab ? 'name' : 'context']: context,
        description,
        ...(logUrl === null ? {} : { target_url: logUrl }),
      },
    },
    signal,
  );
  const url = isGitLab
    ? `${web}/${repository}/-/commit/${commit}`
    : `${web}/${repository}/commit/${commit}`;
  // GitLab refuses a state that the commit already has.
  const isSame =
    isGitLab &&
    answer.status === 400 &&
    /cannot transition status/i.test(JSON.stringify(answer.body ?? ''));
  if (answer.status === 201 || answer.status === 200 || isSame) {
    return { kind: 'sent', remoteId: report.remoteId, url };
  }
  return { ...refusalOf(answer, `setting the status of ${repository}`), remoteId: report.remoteId };
};
