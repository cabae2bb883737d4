import type { DeploymentView, StepView } from '../../../src/core/views.ts';
import { causeWords, endWords, stateLook } from '../words/deployment-words.ts';
import { shortDigest } from '../words/digest-words.ts';
import type { Look } from '../words/look.ts';

/** One thing that happened to a deployment. */
export type StoryEntry = {
  readonly at: string;
  readonly look: Look;
  readonly title: string;
  readonly detail: string | null;
};

const WORK: Look = { tone: 'info', icon: 'cycle' };
const TROUBLE: Look = { tone: 'warn', icon: 'question' };

const textOf = (detail: StepView['detail'], name: string): string | null => {
  const value = detail[name];
  return typeof value === 'string' && value !== '' ? value : null;
};

const digestOf = (detail: StepView['detail'], name: string): string => {
  const digest = textOf(detail, name);
  return digest === null ? 'a digest that the cluster chooses' : shortDigest(digest);
};

const listOf = (detail: StepView['detail'], name: string): string | null => {
  const value = detail[name];
  return Array.isArray(value) && value.length > 0 ? value.join('; ') : null;
};

/** What is not known here is shown as it came: the helper may be newer than the page. */
const otherDetail = (detail: StepView['detail']): string | null => {
  const pairs = Object.entries(detail).filter(([, value]) => value !== null);
  const said = pairs.map(
    ([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return said.length === 0 ? null : said.join(', ');
};

const progressTitle = (detail: StepView['detail'], to: string | null): string => {
  const counts = `${String(detail['running'])} of ${String(detail['desired'])} tasks run`;
  const what = to === null ? 'the new image' : shortDigest(to);
  return `${counts} ${what}${detail['rollingBack'] === true ? ', the engine rolls back' : ''}`;
};

const entryOf = ({ at, step, detail }: StepView, deployment: DeploymentView): StoryEntry => {
  switch (step) {
    case 'queued': {
      const { from, to } = deployment;
      const change = `${from === null ? 'unknown' : shortDigest(from)} → ${to === null ? 'what the cluster finds' : shortDigest(to)}`;
      return {
        at,
        look: { tone: 'mute', icon: 'clock' },
        title: `${textOf(detail, 'retryOf') === null ? 'Decided' : 'Tried again'}: ${change}`,
        detail: causeWords(deployment.cause),
      };
    }
    case 'update-sent':
      return {
        at,
        look: WORK,
        title:
          detail['phase'] === 'back'
            ? `The cluster took it back to ${digestOf(detail, 'digest')}`
            : `The cluster took the update to ${digestOf(detail, 'digest')}`,
        detail: listOf(detail, 'warnings'),
      };
    case 'progress':
      return {
        at,
        look: textOf(detail, 'trouble') === null ? WORK : TROUBLE,
        title: progressTitle(detail, deployment.to),
        detail: textOf(detail, 'trouble'),
      };
    case 'no-answer':
      return {
        at,
        look: TROUBLE,
        title: 'The cluster gave no answer: whether it took the update is looked for',
        detail: textOf(detail, 'problem') ?? otherDetail(detail),
      };
    case 'repeating':
      return {
        at,
        look: { tone: 'mute', icon: 'cycle' },
        title: 'Nothing happened to the service: sent once more',
        detail: null,
      };
    case 'out-of-sequence':
      return {
        at,
        look: TROUBLE,
        title: 'Somebody else changed the service first: decided anew',
        detail: null,
      };
    case 'settings-changed':
      return {
        at,
        look: { tone: 'bad', icon: 'question' },
        title:
          'The cluster changed settings that the update did not ask for: compare them with your stack file and set them again',
        detail: listOf(detail, 'fields'),
      };
    case 'taking-back':
      return {
        at,
        look: { tone: 'bad', icon: 'back' },
        title: `Taken back to ${digestOf(detail, 'to')}`,
        detail: textOf(detail, 'message'),
      };
    case 'succeeded':
    case 'failed':
    case 'rolled-back':
    case 'superseded':
    case 'skipped':
      return {
        at,
        look: stateLook(step),
        title: step === 'succeeded' ? 'Verified: all its tasks run it and stay up' : step,
        detail: endDetail(deployment, detail),
      };
    default:
      return {
        at,
        look: { tone: 'mute', icon: 'minus' },
        title: step.replaceAll('-', ' '),
        detail: otherDetail(detail),
      };
  }
};

const endDetail = ({ reason }: DeploymentView, detail: StepView['detail']): string | null => {
  const notTakenBack = textOf(detail, 'notTakenBack');
  const takeBackFailed = textOf(detail, 'takeBackFailed');
  const backTo = textOf(detail, 'rolledBackTo') ?? textOf(detail, 'takenBackTo');
  const by = detail['by'] === 'engine' ? 'the engine' : 'the helper';
  const said = [
    reason === null ? null : endWords(reason),
    backTo === null ? null : `${by} went back to ${shortDigest(backTo)}`,
    notTakenBack === null ? null : `not taken back: ${notTakenBack}`,
    takeBackFailed === null ? null : `could not be taken back: ${takeBackFailed}`,
  ].filter((part) => part !== null);
  return said.length === 0 ? null : said.join('; ');
};

/** What happened, step by step; what its tasks did stands for itself. */
export const storyOf = (deployment: DeploymentView): readonly StoryEntry[] =>
  deployment.steps.filter(({ step }) => step !== 'tasks').map((step) => entryOf(step, deployment));
