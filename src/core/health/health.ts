/** Whether a service works, whatever image it runs; the first that applies wins. */
export const HEALTH_NAMES = [
  'failing',
  'paused',
  'deploying',
  'degraded',
  'stopped',
  'ok',
  'unknown',
] as const;
export type HealthName = (typeof HEALTH_NAMES)[number];

/** Why, in stable words of the API. `ok` has none. */
export const HEALTH_REASONS = [
  // failing
  'nothing-runs',
  'crash-loop',
  'cannot-start',
  'known-bad-runs',
  'deployment-failed',
  // paused
  'update-paused',
  'rollback-paused',
  // deploying
  'own-deployment',
  'updating',
  'rolling-back',
  'starting',
  // degraded
  'too-few-run',
  'task-failed',
  // stopped
  'no-replicas',
  // unknown
  'not-observed',
  'unreachable',
] as const;
export type HealthReason = (typeof HEALTH_REASONS)[number];

export type Health = {
  readonly health: HealthName;
  readonly reason: HealthReason | null;
  /** ms since the epoch; null if unknown. */
  readonly since: number | null;
};

/** The health fields in the API, next to the verdict. */
export type HealthView = {
  readonly health: HealthName;
  /** One word in kebab-case; null for `ok`. */
  readonly healthReason: HealthReason | null;
  readonly healthSince: string | null;
  /** Tasks that were seen failing in the last hour. */
  readonly restarts: number;
  /** The engine's error for the newest failed task. */
  readonly lastError: string | null;
  /** A held digest that somebody other than the helper deployed. Missing if there is none. */
  readonly runsHeld?: {
    readonly digest: string;
    readonly hold: 'known-bad' | 'left-by-person';
    /** Since when the digest is held. */
    readonly heldSince: string;
  };
};

/** For a service that was not observed. */
export const NOT_OBSERVED: HealthView = {
  health: 'unknown',
  healthReason: 'not-observed',
  healthSince: null,
  restarts: 0,
  lastError: null,
};
