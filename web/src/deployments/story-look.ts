import type { StoryEntry } from '../../../src/core/story/tell-steps.ts';
import { DEPLOYMENT_STATES } from '../../../src/core/contract/views.ts';
import { stateLook } from '../words/deployment-words.ts';
import type { Look } from '../words/look.ts';

const WORK: Look = { tone: 'info', icon: 'cycle' };
const TROUBLE: Look = { tone: 'warn', icon: 'question' };

const LOOKS: Readonly<Record<string, Look>> = {
  queued: { tone: 'mute', icon: 'clock' },
  'update-sent': WORK,
  progress: WORK,
  repeating: { tone: 'mute', icon: 'cycle' },
  'settings-changed': { tone: 'bad', icon: 'question' },
  'taking-back': { tone: 'bad', icon: 'back' },
};

/** How an entry of a deployment's story looks. */
export const storyLook = ({ step, isTrouble }: StoryEntry): Look => {
  const end = DEPLOYMENT_STATES.find((state) => state === step && state !== 'queued');
  if (end !== undefined) return stateLook(end);
  const look = LOOKS[step] ?? { tone: 'mute', icon: 'minus' };
  return isTrouble && look.tone !== 'bad' ? TROUBLE : look;
};
