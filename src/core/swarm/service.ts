import type { Digest } from '../image/digest.ts';
import type { ParsedImage } from '../image/image-reference.ts';
import type { Platform } from '../image/published.ts';

export type ServiceMode = 'replicated' | 'global' | 'replicated-job' | 'global-job';

/** `UpdateStatus.State` of the Docker Engine; null before the first update and where no task had to change. */
export type UpdateState =
  | 'updating'
  | 'paused'
  | 'completed'
  | 'rollback_started'
  | 'rollback_paused'
  | 'rollback_completed';

/** How the engine goes about an update of this service, with its defaults filled in. */
export type UpdatePolicy = {
  readonly parallelism: number;
  readonly delayMs: number;
  /** How long the engine watches each new task for failure; null where the cluster does not tell it. */
  readonly monitorMs: number | null;
  readonly failureAction: 'pause' | 'continue' | 'rollback';
  readonly order: 'stop-first' | 'start-first';
};

/** A Swarm service as a cluster told it, the same for every kind of cluster. */
export type Service = {
  readonly id: string;
  readonly name: string;
  /** From the label `com.docker.stack.namespace`. */
  readonly stack: string | null;
  readonly mode: ServiceMode;
  /** The image as the spec spells it, and what it means. */
  readonly imageText: string;
  readonly image: ParsedImage;
  /** Counts the changes of the service; an update names the version that it was decided upon. */
  readonly version: number;
  /** `ForceUpdate` of the spec: Swarmpit counts it up with each redeploy. */
  readonly forceUpdate: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Those that the spec gives its containers, which say nothing of the service itself. */
  readonly containerLabels: Readonly<Record<string, string>>;
  /** Swarmpit's own autoredeploy, which acts on the service beside us where it is on. */
  readonly autoredeploy: boolean;
  /** Of which the spec wants a node to be; none where any will do, or the cluster tells no spec. */
  readonly platforms: readonly Platform[];
  /** What the spec asks of a node, as it is spelt there: `node.labels.zone == a`. */
  readonly constraints: readonly string[];
  /** Tasks that the spec asks for; null where that depends on the nodes, or the cluster tells no spec. */
  readonly specReplicas: number | null;
  /** Null where it was not told with the service. Desired is the tasks that should run now. */
  readonly replicas: { readonly running: number; readonly desired: number } | null;
  readonly update: {
    readonly state: UpdateState;
    readonly message: string;
    /** RFC 3339, by the cluster's clock; it stays through a rollback. Null where it is not told. */
    readonly startedAt: string | null;
    /** Who had it rolled back, where it was; null where it was not, or is not told. */
    readonly rolledBackBy: 'engine' | 'person' | null;
  } | null;
  /** Null where the cluster does not tell it. */
  readonly updatePolicy: UpdatePolicy | null;
  /** Longest time a container of the spec may take until its health check can say anything, in ms. */
  readonly healthGraceMs: number;
  /**
   * Digest of the spec without its image and counters: tells whether two specs differ in anything else. Few of
   * a thousand services are ever asked for it, and it costs more than all the rest, so it is made when asked for.
   */
  readonly specFingerprint: () => string;
  /** Whether the cluster keeps a spec from before the present one; null where it is not told. */
  readonly hasPrevious: boolean | null;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly updatedAt: string;
};

/** The digest that a service's spec names, or null where it names none. */
export const specDigest = ({ image }: Pick<Service, 'image'>): Digest | null =>
  image.ok ? image.image.digest : null;

/** The tag that a service's spec names, or means; null where a digest alone stands there. */
export const presentTag = ({ image }: Pick<Service, 'image'>): string | null =>
  image.ok ? image.image.tag : null;

/** Task states of SwarmKit in their order. */
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

/** One task of a service. Its digest is that of the spec that it was made from, which is what it runs. */
export type Task = {
  readonly id: string;
  readonly serviceId: string;
  /** Slot of a replicated service; null for a global one, where the node takes its place. */
  readonly slot: number | null;
  readonly nodeId: string | null;
  readonly desired: TaskState;
  readonly state: TaskState;
  /** Null where the spec of the task names none. */
  readonly digest: Digest | null;
  readonly error: string | null;
  readonly exitCode: number | null;
  readonly containerId: string | null;
  /**
   * When the managers last changed it, which is when its state came to them: RFC 3339, by their clock. The
   * clock of its own node may differ from theirs.
   */
  readonly since: string;
  /** RFC 3339, by the managers' clock. */
  readonly createdAt: string;
  /** The iteration of a job, else null. */
  readonly jobIteration: number | null;
};

export type Node = {
  readonly id: string;
  readonly hostname: string;
  readonly state: 'ready' | 'down' | 'unknown' | 'disconnected';
  readonly availability: 'active' | 'pause' | 'drain';
  /** With the architecture as images spell it, e.g. `amd64`; null where it is not told. */
  readonly platform: Platform | null;
  readonly role: 'manager' | 'worker' | null;
  /** Those that people give the node, for constraints. */
  readonly labels: Readonly<Record<string, string>>;
  /** Those of the node's own engine. */
  readonly engineLabels: Readonly<Record<string, string>>;
  /**
   * When the managers last wrote its record: its agent signed on again, it went down, or a person changed it.
   * RFC 3339, by their clock; null where it is not told.
   */
  readonly changedAt: string | null;
};

/** What is known of one service at one moment. Tasks and nodes are null where a cluster does not tell them. */
export type Observation = {
  readonly service: Service;
  readonly tasks: readonly Task[] | null;
  readonly nodes: readonly Node[] | null;
  /**
   * When the tasks were told, ms since the epoch by the cluster's clock, which may differ from ours by any
   * time; up to a second early. Null where the cluster tells no time.
   */
  readonly at: number | null;
};
