import type { ForgeReport, ReportOutcome, ReportState } from '../../core/forge/report.ts';
import { refusalOf } from './refusal.ts';
import type { CallApi } from './signed-api.ts';

/** GitLab has no state for a deployment that has not started. */
const STATES: Readonly<Record<ReportState, string>> = {
  queued: 'running',
  'in-progress': 'running',
  success: 'success',
  failure: 'failed',
  superseded: 'canceled',
};

const PER_PAGE = 100;

type Listed = {
  readonly id: number;
  readonly sha?: unknown;
  readonly status?: unknown;
  readonly deployable?: unknown;
};

const projectPath = (repository: string): string => `/projects/${encodeURIComponent(repository)}`;

/** Whether GitLab refuses because a deployment that has ended cannot start again, or already has that state. */
const isNoTransition = (status: number, body: unknown): boolean =>
  status === 400 && /transition|status/i.test(JSON.stringify(body ?? ''));

/** A deployment of this commit that no GitLab job created, so it is one of ours; null if there is none. */
const findOwn = async (
  call: CallApi,
  report: ForgeReport,
  signal: AbortSignal,
): Promise<string | null | Extract<ReportOutcome, { kind: 'failed' }>> => {
  const { repository, environment, commit } = report;
  const query = new URLSearchParams({
    environment,
    order_by: 'id',
    sort: 'desc',
    per_page: String(PER_PAGE),
  });
  const answer = await call(
    {
      repository,
      method: 'GET',
      path: `${projectPath(repository)}/deployments?${query.toString()}`,
    },
    signal,
  );
  if (answer.status !== 200 || !Array.isArray(answer.body)) {
    return refusalOf(answer, `reading the deployments of ${repository}`);
  }
  const own = (answer.body as readonly Listed[]).find(
    ({ sha, deployable }) => sha === commit && (deployable ?? null) === null,
  );
  return own === undefined ? null : String(own.id);
};

/** Sets the environment's address. If the forge refuses that, the deployment is still reported. */
const keepAddress = async (
  call: CallApi,
  { repository, environment, environmentUrl }: ForgeReport,
  signal: AbortSignal,
): Promise<void> => {
  if (environmentUrl === null) return;
  const query = new URLSearchParams({ name: environment });
  const path = `${projectPath(repository)}/environments`;
  const found = await call(
    { repository, method: 'GET', path: `${path}?${query.toString()}` },
    signal,
  );
  const [first] = Array.isArray(found.body)
    ? (found.body as readonly { id?: unknown; external_url?: unknown }[])
    : [];
  if (typeof first?.id !== 'number' || first.external_url === environmentUrl) return;
  await call(
    {
      repository,
      method: 'PUT',
      path: `${path}/${first.id}`,
      body: { external_url: environmentUrl },
    },
    signal,
  );
};

/** Reports a deployment to GitLab. https://docs.gitlab.com/api/deployments */
export const reportGitLabDeployment = async (
  call: CallApi,
  web: string,
  report: ForgeReport,
  signal: AbortSignal,
): Promise<ReportOutcome> => {
  const { repository, environment, commit } = report;
  const url = `${web}/${repository}/-/environments`;
  const status = STATES[report.state];
  const known = report.remoteId ?? (await findOwn(call, report, signal));
  if (known !== null && typeof known !== 'string') return known;
  const doing = `reporting to ${repository}`;
  if (known === null) {
    const answer = await call(
      {
        repository,
        method: 'POST',
        path: `${projectPath(repository)}/deployments`,
        body: {
          environment,
          sha: commit,
          // GitLab requires a ref. If the image names none, the commit itself serves as one.
          ref: report.ref ?? commit,
          tag: report.ref !== null && /^v?\d+\.\d+\.\d+/.test(report.ref),
          status,
        },
      },
      signal,
    );
    const id = (answer.body as { id?: unknown } | null)?.id;
    if (answer.status !== 201 || typeof id !== 'number') return refusalOf(answer, doing);
    await keepAddress(call, report, signal);
    return { kind: 'sent', remoteId: String(id), url };
  }
  const answer = await call(
    {
      repository,
      method: 'PUT',
      path: `${projectPath(repository)}/deployments/${known}`,
      body: { status },
    },
    signal,
  );
  if (answer.status === 200 || isNoTransition(answer.status, answer.body)) {
    if (report.state === 'success') await keepAddress(call, report, signal);
    return { kind: 'sent', remoteId: known, url };
  }
  if (answer.status === 404 && report.remoteId !== null) {
    return { ...refusalOf(answer, doing), retryable: true, remoteId: null };
  }
  return { ...refusalOf(answer, doing), remoteId: known };
};
