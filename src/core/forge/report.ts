/** The state of a commit in an environment, for forges. */
export const REPORT_STATES = ['queued', 'in-progress', 'success', 'failure', 'superseded'] as const;
export type ReportState = (typeof REPORT_STATES)[number];

/** Whether the state is final unless something new is deployed. */
export const isFinalReport = (state: ReportState): boolean =>
  state !== 'queued' && state !== 'in-progress';

/** The dashboard page that a report links to. */
export type ReportPage =
  | { readonly kind: 'deployment'; readonly id: string }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'service'; readonly cluster: string; readonly serviceName: string };

/** Its path below the dashboard's address. */
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

/** A report to a forge about one commit in one environment. A repeated report says the same: it has one id. */
export type ForgeReport = {
  /**
   * Our id, stored with the deployment at the forge. It finds a deployment that was created there but not recorded
   * here.
   */
  readonly id: string;
  /** Path of the repository at the forge, such as `acme/web`. */
  readonly repository: string;
  /** The full commit id. */
  readonly commit: string;
  /** Branch or tag that the image was built from, if it names one. */
  readonly ref: string | null;
  readonly environment: string;
  readonly state: ReportState;
  /** One line for people, at most {@link LONGEST_DESCRIPTION} characters. */
  readonly description: string;
  /** The helper's page about it; null without a public address. */
  readonly logUrl: string | null;
  /** The address where people see what was deployed, from the service's label. */
  readonly environmentUrl: string | null;
  /** The forge's id for it; null until it has one. */
  readonly remoteId: string | null;
};

/** GitHub's limit. It is used for all forges. */
export const LONGEST_DESCRIPTION = 140;

/** How sending ended. */
export type ReportOutcome =
  | {
      readonly kind: 'sent';
      readonly remoteId: string | null;
      /** The page about it at the forge. */
      readonly url: string | null;
    }
  | {
      readonly kind: 'failed';
      /** Whether the forge may accept the same report later. */
      readonly retryable: boolean;
      /** How long the forge asked the helper to wait, in ms. */
      readonly retryAfterMs: number | null;
      /** One line for a person, without a secret. */
      readonly detail: string;
      /** The forge's id for it, if it was created before something failed. */
      readonly remoteId: string | null;
      /** The forge hides the repository from us, or there is none. */
      readonly isUnknownRepository?: true;
    };

/** The interface of one forge. */
export type Forge = {
  /** Its host, which identifies it in the store, in logs and metrics. */
  readonly name: string;
  readonly type: 'github' | 'gitlab' | 'gitea';
  /** The repository that an image's label names, if it belongs to this forge. */
  readonly repositoryOf: (source: string) => string | null;
  /** The repository that the configuration assigns to an image, `docker.io/acme/web`; null if it assigns none. */
  readonly mappedFrom: (image: string) => string | null;
  /** Whether the configuration allows reports to a repository. */
  readonly allows: (repository: string) => boolean;
  readonly environmentOf: (cluster: string) => string;
  /** Page of a commit. */
  readonly commitUrl: (repository: string, commit: string) => string;
  /** Page that compares two commits. */
  readonly compareUrl: (repository: string, from: string, to: string) => string;
  /** Page of a pull request (GitLab: merge request). */
  readonly pullRequestUrl: (repository: string, number: number) => string;
  /** Sends once, within its own deadline. Throws only the signal's reason. */
  readonly send: (report: ForgeReport, signal: AbortSignal) => Promise<ReportOutcome>;
};
