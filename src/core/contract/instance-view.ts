/** A lease that an instance holds. */
export type LeaseView = {
  /** `cluster:production`, `runs`, `channel:team`, … */
  readonly name: string;
  /** Since when, RFC 3339. */
  readonly since: string;
  /** How often any instance has taken it. */
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
  /** `gone`: its heartbeat stopped without a clean shutdown. */
  readonly state: 'alive' | 'gone';
  /** Whether this instance gave the answer. */
  readonly isSelf: boolean;
  /** The leases that it holds. */
  readonly leases: readonly LeaseView[];
};
