/** How a commit stands in an environment, as forges are told. */
export const REPORT_STATES = ['queued', 'in-progress', 'success', 'failure', 'superseded'] as const;
export type ReportState = (typeof REPORT_STATES)[number];

/** Whether nothing more comes of it unless something new is deployed. */
export const isFinalReport = (state: ReportState): boolean =>
  state !== 'queued' && state !== 'in-progress';

/** The page of the dashboard that a report leads to. */
export type ReportPage =
  | { readonly kind: 'deployment'; readonly id: string }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'service'; readonly cluster: string; readonly serviceName: string };

/** Its address behind that of the dashboard. */
export const pathOfPage = (page: ReportPage): string => {
  switch (page.kind) {
    case 'deployment':
      return `deployments/${page.id}`;
    case 'waiting':
      return 'waiting';
    case 'service':
      return `services/${encodeURIComponent(page.cluster)}/${encodeURIComponent(page.serviceName)}`;
    default:
      return page satisfies never;
  }
};

/** What a forge is told of one commit in one environment. Sent again it says the same: it has one id. */
export type ForgeReport = {
  /** Ours; goes with the deployment at the forge, so that one that was made and not noted is found again. */
  readonly id: string;
  /** Path of the repository at the forge, such as `acme/web`. */
  readonly repository: string;
  /** The whole commit. */
  readonly commit: string;
  /** Branch or tag that the image was built from, where it says so. */
  readonly ref: string | null;
  readonly environment: string;
  readonly state: ReportState;
  /** One line for people, at most {@link LONGEST_DESCRIPTION} characters. */
  readonly description: string;
  /** Page about it at the helper; null without a public address. */
  readonly logUrl: string | null;
  /** Where what was deployed is shown, by the service's label. */
  readonly environmentUrl: string | null;
  /** What the forge calls it; null until it has one. */
  readonly remoteId: string | null;
};

/** GitHub's limit, which all keep. */
export const LONGEST_DESCRIPTION = 140;

/** How sending ended. */
export type ReportOutcome =
  | {
      readonly kind: 'sent';
      readonly remoteId: string | null;
      /** Where a person sees it at the forge. */
      readonly url: string | null;
    }
  | {
      readonly kind: 'failed';
      /** Whether the same report may be taken later. */
      readonly retryable: boolean;
      /** How long the forge asked to be left alone, in ms. */
      readonly retryAfterMs: number | null;
      /** One line for a person, without a secret. */
      readonly detail: string;
      /** What the forge called it, where it was made before something failed. */
      readonly remoteId: string | null;
      /** The forge does not show us the repository, or there is none. */
      readonly isUnknownRepository?: true;
    };

/** One forge as work uses it. */
export type Forge = {
  /** Its host, which names it in the store, in logs and metrics. */
  readonly name: string;
  readonly type: 'github' | 'gitlab' | 'gitea';
  /** The repository that an image's label names, if it is one of this forge's. */
  readonly repositoryOf: (source: string) => string | null;
  /** The repository that the configuration gives an image, `docker.io/acme/web`; null where it gives none. */
  readonly mappedFrom: (image: string) => string | null;
  /** Whether the configuration lets us report to a repository. */
  readonly allows: (repository: string) => boolean;
  readonly environmentOf: (cluster: string) => string;
  /** Page of a commit. */
  readonly commitUrl: (repository: string, commit: string) => string;
  /** Page of what lies between two commits. */
  readonly compareUrl: (repository: string, from: string, to: string) => string;
  /** Page of a pull request (GitLab: merge request). */
  readonly pullRequestUrl: (repository: string, number: number) => string;
  /** Sends once, within a deadline of its own. Throws nothing but the signal's reason. */
  readonly send: (report: ForgeReport, signal: AbortSignal) => Promise<ReportOutcome>;
};
