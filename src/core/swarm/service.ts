import type { Digest } from '../image/digest.ts';
import type { ParsedImage } from '../image/image-reference.ts';
import type { Platform } from '../image/published.ts';

export type ServiceMode = 'replicated' | 'global' | 'replicated-job' | 'global-job';

/** `UpdateStatus.State` of the Docker Engine; null before the first update, and if no task had to change. */
export type UpdateState =
  | 'updating'
  | 'paused'
  | 'completed'
  | 'rollback_started'
  | 'rollback_paused'
  | 'rollback_completed';

/** The update settings of this service, with the engine's defaults filled in. */
export type UpdatePolicy = {
  readonly parallelism: number;
  readonly delayMs: number;
  /** How long the engine watches each new task for failure; null if the cluster does not report it. */
  readonly monitorMs: number | null;
  readonly failureAction: 'pause' | 'continue' | 'rollback';
  readonly order: 'stop-first' | 'start-first';
};

/** A Swarm service as reported by its cluster, in one form for every kind of cluster. */
export type Service = {
  readonly id: string;
  readonly name: string;
  /** From the label `com.docker.stack.namespace`. */
  readonly stack: string | null;
  readonly mode: ServiceMode;
  /** The image as the spec spells it, and its parsed form. */
  readonly imageText: string;
  readonly image: ParsedImage;
  /** Increases with every change of the service. An update names the version on which it was decided. */
  readonly version: number;
  /** `ForceUpdate` of the spec. Swarmpit increases it with each redeploy. */
  readonly forceUpdate: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Labels of the containers, not of the service. */
  readonly containerLabels: Readonly<Record<string, string>>;
  /** Swarmpit's own autoredeploy. If it is on, it updates the service in addition to the helper. */
  readonly autoredeploy: boolean;
  /**
   * The platforms that the spec requires of a node. Empty if any will do, or if the cluster does not report the spec.
   */
  readonly platforms: readonly Platform[];
  /** The placement constraints, as written in the spec: `node.labels.zone == a`. */
  readonly constraints: readonly string[];
  /** The number of tasks in the spec; null if it depends on the nodes, or if the cluster does not report the spec. */
  readonly specReplicas: number | null;
  /** Null if it was not reported with the service. `desired` is the number of tasks that should run now. */
  readonly replicas: { readonly running: number; readonly desired: number } | null;
  readonly update: {
    readonly state: UpdateState;
    readonly message: string;
    /** RFC 3339, by the cluster's clock. A rollback keeps it. Null if not reported. */
    readonly startedAt: string | null;
    /** Who started the rollback; null if there was none, or if not reported. */
    readonly rolledBackBy: 'engine' | 'person' | null;
  } | null;
  /** Null if the cluster does not report it. */
  readonly updatePolicy: UpdatePolicy | null;
  /** Longest time until the health check of a container of the spec can give a result, in ms. */
  readonly healthGraceMs: number;
  /**
   * Digest of the spec without its image and counters: shows whether two specs differ in anything else. It costs more
   * than all the rest and is needed for few of a thousand services, so it is computed on demand.
   */
  readonly specFingerprint: () => string;
  /** Whether the cluster keeps the previous spec; null if not reported. */
  readonly hasPrevious: boolean | null;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly updatedAt: string;
};

/** The digest that a service's spec names, or null if it names none. */
export const specDigest = ({ image }: Pick<Service, 'image'>): Digest | null =>
  image.ok ? image.image.digest : null;

/** The tag that a service's spec names or implies; null if it has a digest and no tag. */
export const presentTag = ({ image }: Pick<Service, 'image'>): string | null =>
  image.ok ? image.image.tag : null;

/** Task states of SwarmKit, in their order. */
export const TASK_STATES = [
  'new',
  'allocated',
  'pending',
  'assigned',
  'accepted',
  'preparing',
  'ready',
  'starting',
  'running',
  'complete',
  'shutdown',
  'failed',
  'rejected',
  'remove',
  'orphaned',
] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** One task of a service. Its digest comes from the spec that it was created from, which is what it runs. */
export type Task = {
  readonly id: string;
  readonly serviceId: string;
  /** Slot of a replicated service; null for a global one, which has one task per node instead. */
  readonly slot: number | null;
  readonly nodeId: string | null;
  readonly desired: TaskState;
  readonly state: TaskState;
  /** Null if the spec of the task names none. */
  readonly digest: Digest | null;
  readonly error: string | null;
  readonly exitCode: number | null;
  readonly containerId: string | null;
  /**
   * When the managers last changed it, which is when they received its state: RFC 3339, by their clock. The clock of
   * its own node may differ.
   */
  readonly since: string;
  /** RFC 3339, by the managers' clock. */
  readonly createdAt: string;
  /** The iteration of a job; null for other services. */
  readonly jobIteration: number | null;
};

export type Node = {
  readonly id: string;
  readonly hostname: string;
  readonly state: 'ready' | 'down' | 'unknown' | 'disconnected';
  readonly availability: 'active' | 'pause' | 'drain';
  /** With the architecture as images spell it, for example `amd64`; null if not reported. */
  readonly platform: Platform | null;
  readonly role: 'manager' | 'worker' | null;
  /** Labels that people give the node, for constraints. */
  readonly labels: Readonly<Record<string, string>>;
  /** Labels of the node's own engine. */
  readonly engineLabels: Readonly<Record<string, string>>;
  /**
   * When the managers last wrote its record: its agent connected again, it went down, or a person changed it. RFC 3339,
   * by their clock; null if not reported.
   */
  readonly changedAt: string | null;
};

/** What is known about one service at one moment. Tasks and nodes are null if the cluster does not report them. */
export type Observation = {
  readonly service: Service;
  readonly tasks: readonly Task[] | null;
  readonly nodes: readonly Node[] | null;
  /**
   * When the tasks were reported, ms since the epoch by the cluster's clock, which may differ from ours by any amount;
   * up to a second early. Null if the cluster reports no time.
   */
  readonly at: number | null;
};
