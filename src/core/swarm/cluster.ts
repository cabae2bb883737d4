import type { Digest } from '../image/digest.ts';
import type { Platform } from '../image/published.ts';
import type { SpecChange } from './spec-changes.ts';
import type { Node, Observation, Service, Task } from './service.ts';

/** What a kind of cluster can do; what it cannot is refused with that reason, never imitated. */
export type Capabilities = {
  /** Deploy exactly the digest that was decided upon. */
  readonly setsDigest: boolean;
  /** How far a person may go back: to any digest, or only to the spec before the present one, as a whole. */
  readonly goesBackTo: 'any-digest' | 'previous-spec';
  /** Find the digest of an image with OCI's media types, which is what builders make by default. */
  readonly deploysOci: boolean;
  /** Tell the tasks of a service and what each runs. */
  readonly tellsTasks: boolean;
  /** Tell the container of a task, by which the helper finds the service that it is itself. */
  readonly tellsContainers: boolean;
  /** Give the last lines that a container wrote. */
  readonly givesLogs: boolean;
};

/** Thrown by clusters for anything that keeps a call from its answer. */
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
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean;
  /** Whether an update may have been carried out although no answer came. */
  readonly mayHaveHappened: boolean;
  /** Whether the cluster itself gave up on something it asked for: it goes on with nothing afterwards. */
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
  /** As it was read when the update was decided upon: its version guards against any change since. */
  readonly service: Service;
  /** Missing keeps the service's own. */
  readonly tag?: string;
  /** What to run. Null only for a cluster that looks the digest up by itself. */
  readonly digest: Digest | null;
  /** Null leaves the present ones. */
  readonly platforms: readonly Platform[] | null;
  /** Restart the tasks also where nothing else changes: counts `ForceUpdate` up. */
  readonly restart: boolean;
  /** Value of `X-Registry-Auth` (base64url JSON), or null to keep what the service has stored. */
  readonly registryAuth: string | null;
};

/**
 * `accepted`: the cluster has taken the update. `out-of-sequence`: the service changed since it was
 * read; read again and decide again. `registry-failed`: the cluster looked the image up by itself
 * (Swarmpit) and its registry refused; nothing was changed.
 */
export type UpdateAnswer =
  | {
      readonly kind: 'accepted';
      readonly warnings: readonly string[];
      /** What was changed in the spec; null where the cluster changes it by itself. */
      readonly changes: readonly SpecChange[] | null;
      /**
       * Fields, by path, that the cluster made otherwise than it was told: any is worth an alarm. Absent where
       * that could not be seen, and for a cluster that changes the spec itself.
       */
      readonly lost?: readonly string[];
    }
  | { readonly kind: 'out-of-sequence' }
  | { readonly kind: 'registry-failed'; readonly status: number; readonly detail: string };

export type ClusterIdentity = {
  /** The Swarm's own id where the cluster tells it: two clusters with the same one are the same Swarm. */
  readonly swarmId: string | null;
  /** For people, e.g. `Docker Engine 20.10.24, API 1.41`. */
  readonly description: string;
  /** What will keep it from working one day, in one line for a person, where there is such a thing. */
  readonly warning?: string;
};

/**
 * One Swarm, through whatever speaks for it. Every call throws {@link ClusterError} and nothing else,
 * save the signal's own reason when it is aborted; each has a deadline of its own.
 */
export type Cluster = {
  readonly name: string;
  readonly type: 'engine' | 'swarmpit';
  /** May change when the cluster is probed: what stands there may have been replaced by another version. */
  readonly capabilities: Capabilities;
  readonly identify: (signal: AbortSignal) => Promise<ClusterIdentity>;
  /**
   * Asks, at little cost, every kind of question that all work rests on, and throws for the first that is
   * refused: who may ask a cluster for its name need not be let through to its services.
   */
  readonly probe: (signal: AbortSignal) => Promise<void>;
  /**
   * Every service. With the name of a repository, at least those whose image is of it; their replicas
   * may be null.
   */
  readonly listServices: (signal: AbortSignal, name?: string) => Promise<readonly Service[]>;
  /**
   * The tasks that should be running (desired state `running`), of these services or, for null, of all.
   * Null where the cluster does not tell tasks.
   */
  readonly listRunningTasks: (
    serviceIds: readonly string[] | null,
    signal: AbortSignal,
  ) => Promise<readonly Task[] | null>;
  /** Every service with its replicas, where the cluster counts them. */
  readonly countServices: (signal: AbortSignal) => Promise<readonly Service[]>;
  /**
   * The tasks of these services or, for null, of all, those that ended included as long as the cluster keeps
   * them, and when they were told (see {@link Observation.at}). Null where the cluster does not tell tasks.
   */
  readonly listTasks: (
    serviceIds: readonly string[] | null,
    signal: AbortSignal,
  ) => Promise<{ readonly tasks: readonly Task[]; readonly at: number | null } | null>;
  /** Null where the cluster does not tell nodes. */
  readonly listNodes: (signal: AbortSignal) => Promise<readonly Node[] | null>;
  /** Null where the service no longer exists. */
  readonly observe: (serviceId: string, signal: AbortSignal) => Promise<Observation | null>;
  readonly updateImage: (update: ImageUpdate, signal: AbortSignal) => Promise<UpdateAnswer>;
  /**
   * Puts the spec before the present one in its place, whatever differs between them, where the service is
   * still at the version that it was read at. There where {@link Capabilities} say that it goes back so.
   */
  readonly restorePrevious?: (service: Service, signal: AbortSignal) => Promise<UpdateAnswer>;
  /**
   * The fields, by path, of an update to this digest whose answer was lost that differ from the spec which it
   * replaced, although it was not to change them; null where that is no longer to be seen. There where the cluster
   * keeps the spec before.
   */
  readonly findLost?: (
    serviceId: string,
    digest: Digest,
    signal: AbortSignal,
  ) => Promise<readonly string[] | null>;
  /** The last lines that the task's container wrote, oldest first; empty where the cluster gives none. */
  readonly readTaskLog: (
    serviceId: string,
    taskId: string,
    lines: number,
    signal: AbortSignal,
  ) => Promise<readonly string[]>;
  /** Releases sockets. */
  readonly close: () => Promise<void>;
};
