type Meaning = {
  /** The digest is held for the service: it failed there, or a person does not want it. */
  readonly holdsAs?: 'known-bad' | 'left-by-person';
  /** May resolve without anyone acting: the same update is sent again, a few times. */
  readonly mayPass?: true;
  /** The service is left as it is: somebody else is working on it, or nothing was changed. */
  readonly leavesService?: true;
};

/**
 * Why a rollout failed, in stable words of the API, and the consequences of each. Only a task that reached `starting`
 * and then failed speaks against an image; a node, a registry, an engine or a deadline never does.
 */
const MEANINGS = {
  'task-failed': { holdsAs: 'known-bad' },
  unhealthy: { holdsAs: 'known-bad' },
  'image-unavailable': { mayPass: true },
  /** The node could not create or start the container: a wrong mount, a driver that fails. */
  'not-started': { mayPass: true },
  /** The node of the failed task was drained, stopped or restarted while the task was there. */
  'node-away': { mayPass: true },
  'no-fitting-node': { mayPass: true },
  'update-paused': { mayPass: true },
  /** The engine rolled back, and no task shows why. */
  'engine-rollback': { mayPass: true },
  deadline: { mayPass: true },
  /** A person made the engine roll back the update. */
  'left-by-person': { holdsAs: 'left-by-person', leavesService: true },
  'rollback-paused': { leavesService: true },
  'service-removed': { leavesService: true },
  'changed-by-other': { leavesService: true },
  /** The cluster looked up the digest itself, and found a different one than the registry shows the helper. */
  'other-digest': { leavesService: true },
  refused: { leavesService: true },
  'registry-refused': { leavesService: true },
  'outcome-unknown': { leavesService: true },
} as const satisfies Readonly<Record<string, Meaning>>;

export type FailureReason = keyof typeof MEANINGS;

export const FAILURE_REASONS = Object.keys(MEANINGS) as readonly FailureReason[];

/** A reason stored by an earlier version may be unknown here. */
const meaningOf = (reason: FailureReason): Meaning => MEANINGS[reason] ?? {};

/** The kind of hold that the digest gets for the service; null if none. */
export const holdsAs = (reason: FailureReason): NonNullable<Meaning['holdsAs']> | null =>
  meaningOf(reason).holdsAs ?? null;

/** Whether the failure speaks against the image itself. */
export const condemnsDigest = (reason: FailureReason): boolean => holdsAs(reason) === 'known-bad';

export const mayPass = (reason: FailureReason): boolean => meaningOf(reason).mayPass === true;

export const leavesService = (reason: FailureReason): boolean =>
  meaningOf(reason).leavesService === true;
