import type {
  DeploymentState,
  DeploymentView,
  PushView,
  RunState,
  TriggerView,
} from '../../../src/core/views.ts';
import type { Look } from './look.ts';

const STATE_LOOKS: Readonly<Record<DeploymentState, Look>> = {
  queued: { tone: 'mute', icon: 'clock' },
  updating: { tone: 'info', icon: 'cycle' },
  verifying: { tone: 'info', icon: 'cycle' },
  succeeded: { tone: 'good', icon: 'check' },
  failed: { tone: 'bad', icon: 'cross' },
  'rolled-back': { tone: 'bad', icon: 'back' },
  superseded: { tone: 'mute', icon: 'skip' },
  skipped: { tone: 'mute', icon: 'minus' },
};

export const stateLook = (state: DeploymentState): Look =>
  STATE_LOOKS[state] ?? { tone: 'mute', icon: 'question' };

const RUN_LOOKS: Readonly<Record<RunState, Look>> = {
  queued: { tone: 'mute', icon: 'clock' },
  checking: { tone: 'info', icon: 'cycle' },
  deploying: { tone: 'info', icon: 'cycle' },
  done: { tone: 'good', icon: 'check' },
  failed: { tone: 'bad', icon: 'cross' },
};

export const runLook = (state: RunState): Look =>
  RUN_LOOKS[state] ?? { tone: 'mute', icon: 'question' };

export const isOpen = ({ endedAt }: Pick<DeploymentView, 'endedAt'>): boolean => endedAt === null;

const CAUSES: Readonly<Record<DeploymentView['cause'], string>> = {
  'digest-differs': 'the published digest differs from the one that ran',
  unpinned: 'a push said so, and without a digest nothing could be compared',
  'handed-over': 'a push said so, and the cluster looks the digest up by itself',
  forced: 'a person insisted',
  'taken-back': 'a person went back to this digest',
};

export const causeWords = (cause: DeploymentView['cause']): string => CAUSES[cause] ?? cause;

const FAILURES: Readonly<Record<string, string>> = {
  'task-failed': 'a new task exited unexpectedly',
  unhealthy: 'a new task was not healthy',
  'image-unavailable': 'a node could not get the image',
  'not-started': 'a node could not start the container',
  'node-away': 'a node went away or came back during the update',
  'engine-rollback': 'the engine rolled the update back, and no task shows why',
  'left-by-person': 'a person rolled the update back',
  'no-fitting-node': 'no node fits the new tasks',
  'update-paused': 'the engine paused the update',
  'rollback-paused': 'the engine’s own rollback is paused',
  deadline: 'the update did not finish in time',
  'service-removed': 'the service was removed meanwhile',
  'cluster-removed': 'the cluster is no longer in the configuration',
  'changed-by-other': 'somebody else changed the service meanwhile',
  refused: 'the cluster refused the update',
  'registry-refused': 'the cluster could not get the image from its registry',
  'no-longer-published': 'the tag had moved on before its turn came',
  'other-digest': 'the cluster looked the digest up by itself, and deployed another',
  'outcome-unknown': 'the cluster did not tell whether it took the update',
};

/** Why a deployment ended as it did; what is not known here is shown as it came. */
export const endWords = (reason: string): string => FAILURES[reason] ?? reason.replaceAll('-', ' ');

/** What led to a deployment, in a word or two. */
export const triggerWord = (trigger: TriggerView): string => {
  switch (trigger.kind) {
    case 'hook':
      return 'hook';
    case 'smart-redeploy':
      return 'SmartRedeploy';
    case 'schedule':
      return 'schedule';
    case 'person':
      return trigger.actor;
    default:
      return trigger satisfies never;
  }
};

type PushResult = PushView['results'][number];
type Outcome = NonNullable<PushResult['outcome']>;

const OUTCOMES: Readonly<Record<Outcome, readonly [words: string, look: Look]>> = {
  'no-service': ['no service runs this tag', { tone: 'mute', icon: 'minus' }],
  'nothing-to-do': ['nothing to do', { tone: 'mute', icon: 'check' }],
  // How that ended is the deployment's to tell.
  deployed: ['led to a deployment', { tone: 'info', icon: 'rocket' }],
  frozen: ['frozen', { tone: 'hold', icon: 'pause' }],
  'digest-not-seen': ['the registry never showed the digest', { tone: 'warn', icon: 'question' }],
  'given-up': ['given up', { tone: 'bad', icon: 'cross' }],
};

/** What became of a push on a cluster. */
export const outcomeOf = ({
  state,
  outcome,
}: PushResult): { readonly words: string; readonly look: Look } => {
  const [words, look] = (outcome === null ? undefined : OUTCOMES[outcome]) ?? [
    outcome ?? 'not looked at yet',
    { tone: 'mute', icon: 'clock' } as const,
  ];
  return state === 'waiting' && outcome !== null
    ? { words: `${words}, looks again`, look: { tone: 'info', icon: 'cycle' } }
    : { words, look };
};
