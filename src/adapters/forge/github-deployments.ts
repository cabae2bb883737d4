import type { ForgeReport, ReportOutcome, ReportState } from '../../core/forge/report.ts';
import { refusalOf } from './refusal.ts';
import type { CallApi } from './signed-api.ts';

const STATES: Readonly<Record<ReportState, string>> = {
  queued: 'queued',
  'in-progress': 'in_progress',
  success: 'success',
  failure: 'failure',
  superseded: 'inactive',
};

/** Pages of deployments to search for our own. */
const MOST_PAGES = 5;
const PER_PAGE = 100;

type Listed = { readonly id: number; readonly payload?: unknown };

const ownIdOf = ({ payload }: Listed): unknown => {
  try {
    const read: unknown = typeof payload === 'string' ? JSON.parse(payload) : payload;
    return (read as { cdHelper?: unknown } | null)?.cdHelper;
  } catch {
    return undefined;
  }
};

/** The deployment that an earlier attempt created although its answer was lost; null if there is none. */
const findOwn = async (
  call: CallApi,
  report: ForgeReport,
  signal: AbortSignal,
): Promise<string | null | Extract<ReportOutcome, { kind: 'failed' }>> => {
  const { repository, commit, environment } = report;
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const query = new URLSearchParams({
      sha: commit,
      environment,
      task: 'deploy',
      per_page: String(PER_PAGE),
      page: String(page),
    });
    const answer = await call(
      { repository, method: 'GET', path: `/repos/${repository}/deployments?${query.toString()}` },
      signal,
    );
    if (answer.status !== 200 || !Array.isArray(answer.body)) {
      return refusalOf(answer, `reading the deployments of ${repository}`);
    }
    const listed = answer.body as readonly Listed[];
    const own = listed.find((one) => ownIdOf(one) === report.id);
    if (own !== undefined) return String(own.id);
    if (listed.length < PER_PAGE) break;
  }
  return null;
};

const create = async (
  call: CallApi,
  report: ForgeReport,
  signal: AbortSignal,
): Promise<string | Extract<ReportOutcome, { kind: 'failed' }>> => {
  const { repository, commit, environment } = report;
  const answer = await call(
    {
      repository,
      method: 'POST',
      path: `/repos/${repository}/deployments`,
      body: {
        ref: commit,
        task: 'deploy',
        // Without these two, GitHub may merge the default branch into the commit's branch, or refuse while a check is
        // red.
        auto_merge: false,
        required_contexts: [],
        environment,
        production_environment: /^prod/i.test(environment),
        transient_environment: false,
        description: report.description,
        payload: { cdHelper: report.id },
      },
    },
    signal,
  );
  const id = (answer.body as { id?: unknown } | null)?.id;
  if (answer.status === 201 && typeof id === 'number') return String(id);
  return refusalOf(answer, `creating a deployment of ${repository}`);
};

/**
 * Reports a deployment to GitHub: creates it with the first report, and adds a status with each.
 * https://docs.github.com/en/rest/deployments
 */
export const reportGitHubDeployment = async (
  call: CallApi,
  web: string,
  report: ForgeReport,
  signal: AbortSignal,
): Promise<ReportOutcome> => {
  const { repository } = report;
  let remoteId = report.remoteId;
  if (remoteId === null) {
    const found = await findOwn(call, report, signal);
    if (found !== null && typeof found !== 'string') return found;
    const made = found ?? (await create(call, report, signal));
    if (typeof made !== 'string') return made;
    remoteId = made;
  }
  const tell = (state: string) =>
    call(
      {
        repository,
        method: 'POST',
        path: `/repos/${repository}/deployments/${remoteId}/statuses`,
        body: {
          state,
          description: report.description,
          environment: report.environment,
          auto_inactive: true,
          ...(report.logUrl === null ? {} : { log_url: report.logUrl }),
          ...(report.environmentUrl === null ? {} : { environment_url: report.environmentUrl }),
        },
      },
      signal,
    );
  let answer = await tell(STATES[report.state]);
  // Only deployments to transient environments accept the state `inactive` here.
  if (answer.status === 422 && report.state === 'superseded') answer = await tell('error');
  if (answer.status !== 201) {
    // Somebody deleted the deployment. The next attempt creates it again.
    if (answer.status === 404 && report.remoteId !== null) {
      return {
        ...refusalOf(answer, `reporting to ${repository}`),
        retryable: true,
        remoteId: null,
      };
    }
    return { ...refusalOf(answer, `reporting to ${repository}`), remoteId };
  }
  const url = `${web}/${repository}/deployments/${encodeURIComponent(report.environment)}`;
  return { kind: 'sent', remoteId, url };
};
