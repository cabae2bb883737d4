import type { Digest } from '../image/digest.ts';
import type { Platform } from '../image/published.ts';
import type { SpecChange } from './spec-changes.ts';
import type { Node, Observation, Service, Task } from './service.ts';

/** What a kind of cluster can do. Anything else is refused with that reason, never imitated. */
export type Capabilities = {
  /** Deploy exactly the chosen digest. */
  readonly setsDigest: boolean;
  /** Where a person may go back to: any digest, or only the previous spec as a whole. */
  readonly goesBackTo: 'any-digest' | 'previous-spec';
  /** Find the digest of an image with OCI's media types, which builders produce by default. */
  readonly deploysOci: boolean;
  /** Report the tasks of a service and what each runs. */
  readonly tellsTasks: boolean;
  /** Report the container of a task, with which the helper finds its own service. */
  readonly tellsContainers: boolean;
  /** Return the last lines that a container wrote. */
  readonly givesLogs: boolean;
};

/** Why a call to a cluster failed. */
export type ClusterProblem =
  | 'unreachable'
  | 'timed-out'
  | 'permission-denied'
  | 'not-a-manager'
  | 'sign-in-refused'
  | 'refused'
  | 'not-found'
  | 'malformed-answer';

export class ClusterError extends Error {
  override readonly name = 'ClusterError';
  readonly code: ClusterProblem;
  readonly cluster: string;
  /** Whether the same call may succeed later without anyone changing anything. */
  readonly retryable: boolean;
  /** Whether an update may have been carried out although no answer came. */
  readonly mayHaveHappened: boolean;
  /** Whether the cluster itself gave up on an operation and does nothing more about it. */
  readonly gaveUp: boolean;

  /** `detail` is one line for a person: what happened and what to do next, without a secret. */
  constructor(
    cluster: string,
    code: ClusterProblem,
    detail: string,
    options: {
      retryable: boolean;
      mayHaveHappened?: boolean;
      gaveUp?: boolean;
      cause?: unknown;
    },
  ) {
    super(`cluster ${cluster}: ${detail}`, { cause: options.cause });
    this.cluster = cluster;
    this.code = code;
    this.retryable = options.retryable;
    this.mayHaveHappened = options.mayHaveHappened ?? false;
    this.gaveUp = options.gaveUp ?? false;
  }
}

export type ImageUpdate = {
  /** As read when the update was decided. Its version guards against any change since. */
  readonly service: Service;
  /** If missing, the service's own tag stays. */
  readonly tag?: string;
  /** What to run. Null only for a cluster that looks up the digest itself. */
  readonly digest: Digest | null;
  /** Null keeps the present ones. */
  readonly platforms: readonly Platform[] | null;
  /** Restart the tasks even if nothing else changes: increases `ForceUpdate`. */
  readonly restart: boolean;
  /** Value of `X-Registry-Auth` (base64url JSON), or null to keep what the service has stored. */
  readonly registryAuth: string | null;
};

/**
 * `accepted`: the cluster has accepted the update. `out-of-sequence`: the service changed since it was read; read again
 * and decide again. `registry-failed`: the cluster looked up the image itself (Swarmpit) and its registry refused;
 * nothing was changed.
 */
export type UpdateAnswer =
  | {
      readonly kind: 'accepted';
      readonly warnings: readonly string[];
      /** What was changed in the spec; null if the cluster makes the change itself. */
      readonly changes: readonly SpecChange[] | null;
      /**
       * Paths of fields that the cluster set differently than requested; any of them deserves an alarm. Missing if that
       * could not be determined, and for a cluster that changes the spec itself.
       */
      readonly lost?: readonly string[];
    }
  | { readonly kind: 'out-of-sequence' }
  | { readonly kind: 'registry-failed'; readonly status: number; readonly detail: string };

export type ClusterIdentity = {
  /** The Swarm's own id, if the cluster reports it. Two clusters with the same id are the same Swarm. */
  readonly swarmId: string | null;
  /** For people, for example `Docker Engine 20.10.24, API 1.41`. */
  readonly description: string;
  /** What will stop it from working one day, in one line for a person, if there is such a thing. */
  readonly warning?: string;
};

/**
 * One Swarm, through the API that manages it. Every call throws only {@link ClusterError}, or the signal's own reason
 * if it is aborted. Each call has its own deadline.
 */
export type Cluster = {
  readonly name: string;
  readonly type: 'engine' | 'swarmpit';
  /** May change when the cluster is probed, because it may have been upgraded to another version. */
  readonly capabilities: Capabilities;
  readonly identify: (signal: AbortSignal) => Promise<ClusterIdentity>;
  /**
   * Makes one cheap request of every kind that the work needs, and throws for the first that is refused. Permission to
   * read the cluster's name does not imply permission to read its services.
   */
  readonly probe: (signal: AbortSignal) => Promise<void>;
  /** Every service. With the name of a repository, at least those that use it; their replicas may be null. */
  readonly listServices: (signal: AbortSignal, name?: string) => Promise<readonly Service[]>;
  /**
   * The tasks that should be running (desired state `running`), of these services or, for null, of all. Null if the
   * cluster does not report tasks.
   */
  readonly listRunningTasks: (
    serviceIds: readonly string[] | null,
    signal: AbortSignal,
  ) => Promise<readonly Task[] | null>;
  /** Every service with its replicas, if the cluster counts them. */
  readonly countServices: (signal: AbortSignal) => Promise<readonly Service[]>;
  /**
   * The tasks of these services or, for null, of all, including ended ones as long as the cluster keeps them, and when
   * they were reported (see {@link Observation.at}). Null if the cluster does not report tasks.
   */
  readonly listTasks: (
    serviceIds: readonly string[] | null,
    signal: AbortSignal,
  ) => Promise<{ readonly tasks: readonly Task[]; readonly at: number | null } | null>;
  /** Null if the cluster does not report nodes. */
  readonly listNodes: (signal: AbortSignal) => Promise<readonly Node[] | null>;
  /** Null if the service no longer exists. */
  readonly observe: (serviceId: string, signal: AbortSignal) => Promise<Observation | null>;
  readonly updateImage: (update: ImageUpdate, signal: AbortSignal) => Promise<UpdateAnswer>;
  /**
   * Restores the complete previous spec, if the service is still at the version at which it was read. Present if
   * {@link Capabilities} say that the cluster goes back this way.
   */
  readonly restorePrevious?: (service: Service, signal: AbortSignal) => Promise<UpdateAnswer>;
  /**
   * For an update to this digest whose answer was lost: paths of the fields that differ from the previous spec although
   * the update must not change them; null if that can no longer be determined. Present if the cluster keeps the
   * previous spec.
   */
  readonly findLost?: (
    serviceId: string,
    digest: Digest,
    signal: AbortSignal,
  ) => Promise<readonly string[] | null>;
  /** The last lines that the task's container wrote, oldest first. Empty if the cluster returns none. */
  readonly readTaskLog: (
    serviceId: string,
    taskId: string,
    lines: number,
    signal: AbortSignal,
  ) => Promise<readonly string[]>;
  /** Releases sockets. */
  readonly close: () => Promise<void>;
};
