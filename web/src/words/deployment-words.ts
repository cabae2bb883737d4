import type { DeliveryOutcome } from '../../../src/core/contract/list-filters.ts';
import type {
  DeploymentState,
  DeploymentView,
  TriggerView,
} from '../../../src/core/contract/views.ts';
import type { PushView } from '../../../src/core/contract/delivery-views.ts';
import type { RunState } from '../../../src/core/contract/run-views.ts';
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

/** What caused a deployment, in a word or two. */
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

/** What caused a deployment, each kind once. */
export const triggersWords = ({ triggers }: Pick<DeploymentView, 'triggers'>): string =>
  [...new Set(triggers.map(triggerWord))].join(', ') || 'unknown';

type PushResult = PushView['results'][number];
type Outcome = NonNullable<PushResult['outcome']>;

const OUTCOMES: Readonly<Record<Outcome, readonly [words: string, look: Look]>> = {
  'no-service': ['no service runs this tag', { tone: 'mute', icon: 'minus' }],
  'nothing-to-do': ['nothing to do', { tone: 'mute', icon: 'check' }],
  // The deployment itself shows how it ended.
  deployed: ['led to a deployment', { tone: 'info', icon: 'rocket' }],
  frozen: ['frozen', { tone: 'hold', icon: 'pause' }],
  waiting: ['waits at a gate', { tone: 'hold', icon: 'clock' }],
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

const OF_DELIVERIES: Readonly<Partial<Record<DeliveryOutcome, string>>> = {
  waiting: 'waiting',
  duplicate: 'repeated',
  ignored: 'ignored (no push)',
};

/** The words for a delivery outcome in the filter. */
export const deliveryWords = (outcome: DeliveryOutcome): string =>
  OF_DELIVERIES[outcome] ?? OUTCOMES[outcome as Outcome][0];
