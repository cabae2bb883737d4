import type { Forge, ForgeReport, ReportOutcome } from '../../core/forge/report.ts';
import { readSourceAddress } from '../../core/forge/source-address.ts';
import { matchesGlob } from '../../core/glob.ts';
import { createSecret, type Secret } from '../../core/secret.ts';
import type { Proxies } from '../exchange/proxy.ts';
import { reportCommitStatus } from './commit-statuses.ts';
import {
  appCredentials,
  type Credentials,
  type GitHubApp,
  SignInRefused,
  tokenCredentials,
} from './credentials.ts';
import { createForgeApi, type ForgeApi, ForgeUnreachable } from './forge-api.ts';
import { reportGitHubDeployment } from './github-deployments.ts';
import { reportGitLabDeployment } from './gitlab-deployments.ts';
import { refusalOf, unreachable } from './refusal.ts';
import { signedApi } from './signed-api.ts';

export type ForgeSettings = {
  readonly type: Forge['type'];
  /** The address that people open, without a trailing slash: `https://github.com`. */
  readonly url: string;
  /** Exactly one of `app` and `token` is set. */
  readonly app: GitHubApp | null;
  readonly token: Secret | null;
  /** PEM of a private certificate authority. */
  readonly ca: string | null;
  /** Globs of images, each with the repository that they are built from. */
  readonly sources: readonly { readonly image: string; readonly repository: string }[];
  /** Globs of repositories that the helper may report to; null: no limit. */
  readonly repositories: readonly string[] | null;
  /** Environment names by cluster. A cluster that is missing here is its own environment. */
  readonly environments: Readonly<Record<string, string>>;
  readonly report: readonly ('deployments' | 'statuses')[];
};

export type CreatedForge = {
  readonly forge: Forge;
  readonly api: ForgeApi;
  readonly credentials: Credentials;
  readonly close: () => Promise<void>;
};

/** The address of a forge's API, from the address that people open. */
export const apiBase = (type: Forge['type'], url: string): string => {
  if (type === 'gitlab') return `${url}/api/v4`;
  if (type === 'gitea') return `${url}/api/v1`;
  const { hostname } = new URL(url);
  return hostname === 'github.com' ? 'https://api.github.com' : `${url}/api/v3`;
};

/** The header that sends a token to a forge of this type. */
export const tokenHeader =
  (type: Forge['type']) =>
  (token: string): Record<string, string> => {
    if (type === 'gitlab') return { 'private-token': token };
    return { authorization: type === 'gitea' ? `token ${token}` : `Bearer ${token}` };
  };

/** Headers of every request to this type of forge. */
export const FIXED_HEADERS: Readonly<Record<Forge['type'], Readonly<Record<string, string>>>> = {
  github: { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' },
  gitlab: {},
  gitea: {},
};

const PULL_REQUESTS: Readonly<Record<Forge['type'], string>> = {
  github: 'pull',
  gitlab: 'merge_requests',
  gitea: 'pulls',
};

/** A forge that is ready to receive reports. */
export const createForge = (
  settings: ForgeSettings,
  options: { readonly now: () => number; readonly proxies?: Proxies; readonly timeoutMs?: number },
): CreatedForge => {
  const { type, url: web } = settings;
  const host = new URL(web).host.toLowerCase();
  const { now, ...connection } = options;
  const api = createForgeApi({ base: apiBase(type, web), ca: settings.ca, ...connection });
  const credentials =
    settings.app === null
      ? tokenCredentials(tokenHeader(type), settings.token ?? createSecret(''))
      : appCredentials(api, settings.app, now);
  const pages = type === 'gitlab' ? '/-' : '';
  const call = signedApi(api, credentials, FIXED_HEADERS[type]);

  const sendOne = (
    kind: 'deployments' | 'statuses',
    report: ForgeReport,
    signal: AbortSignal,
  ): Promise<ReportOutcome> => {
    if (kind === 'statuses') return reportCommitStatus(call, { type, web }, report, signal);
    return type === 'gitlab'
      ? reportGitLabDeployment(call, web, report, signal)
      : reportGitHubDeployment(call, web, report, signal);
  };

  const send: Forge['send'] = async (report, signal) => {
    let { remoteId } = report;
    let url: string | null = null;
    for (const kind of settings.report) {
      try {
        const outcome = await sendOne(kind, { ...report, remoteId }, signal);
        if (outcome.kind === 'failed') return outcome;
        remoteId = outcome.remoteId;
        url ??= outcome.url;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof SignInRefused)
          return { ...refusalOf(error.answer, error.doing), remoteId };
        if (error instanceof ForgeUnreachable) return { ...unreachable(error.message), remoteId };
        throw error;
      }
    }
    return { kind: 'sent', remoteId, url };
  };

  return {
    forge: {
      name: host,
      type,
      repositoryOf: (source) => {
        const address = readSourceAddress(source, type === 'gitlab');
        return address?.host === host ? address.path : null;
      },
      mappedFrom: (image) =>
        settings.sources.find((one) => matchesGlob(one.image, image))?.repository ?? null,
      allows: (repository) =>
        settings.repositories?.some((pattern) => matchesGlob(pattern, repository)) ?? true,
      environmentOf: (cluster) => settings.environments[cluster] ?? cluster,
      commitUrl: (repository, commit) => `${web}/${repository}${pages}/commit/${commit}`,
      compareUrl: (repository, from, to) => `${web}/${repository}${pages}/compare/${from}...${to}`,
      pullRequestUrl: (repository, number) =>
        `${web}/${repository}${pages}/${PULL_REQUESTS[type]}/${number}`,
      send,
    },
    api,
    credentials,
    close: () => api.close(),
  };
};
