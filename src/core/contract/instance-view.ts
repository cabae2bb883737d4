/** A lease that an instance holds. */
export type LeaseView = {
  /** `cluster:production`, `runs`, `channel:team`, … */
  readonly name: string;
  /** Since when, RFC 3339. */
  readonly since: string;
  /** How often it was taken by anybody. */
  readonly epoch: number;
};

/** One running process of the helper. */
export type InstanceView = {
  readonly id: string;
  readonly host: string;
  readonly version: string;
  readonly startedAt: string;
  /** When it last renewed its heartbeat. */
  readonly seenAt: string;
  /** `gone`: it stopped to say so, and did not say goodbye. */
  readonly state: 'alive' | 'gone';
  /** Whether it gave this answer. */
  readonly isSelf: boolean;
  /** What it works on. */
  readonly leases: readonly LeaseView[];
};
