import { shortDigest } from '../image/digest.ts';
import { ALSO_HELD } from '../rollout/also-held.ts';
import type { DeploymentView, StepView } from '../contract/views.ts';
import { alsoHeldWords } from './also-held-words.ts';
import { hadNothingToVerify, NOTHING_TO_VERIFY } from './nothing-to-verify.ts';
import { nextTryOf, retryOf, tryWords } from './retry.ts';
import { listOf, numberOf, otherDetail, textOf } from './step-detail.ts';
import { causeWords, endWords } from './words.ts';

/** One thing that happened to a deployment, in words for people. */
export type StoryEntry = {
  readonly at: string;
  readonly step: string;
  /** Something is not as it should be. */
  readonly isTrouble: boolean;
  readonly title: string;
  readonly detail: string | null;
};

type Detail = StepView['detail'];
type Told = Pick<StoryEntry, 'title' | 'detail'> & { readonly isTrouble?: boolean };

const digestOf = (digest: string | null): string =>
  digest === null ? 'the digest that the cluster finds' : shortDigest(digest);

/** What the tasks should run after a step, given what they should run before it. */
const targetAfter = (target: string | null, { step, detail }: StepView): string | null => {
  if (step === 'taking-back') return textOf(detail, 'to') ?? target;
  return step === 'update-sent' ? (textOf(detail, 'digest') ?? target) : target;
};

const progress = (detail: Detail, target: string | null): Told => {
  const trouble = textOf(detail, 'trouble');
  const counts = `${numberOf(detail, 'running') ?? 0} of ${numberOf(detail, 'desired') ?? 0} tasks run`;
  const what = target === null ? 'the new image' : shortDigest(target);
  const back = detail['rollingBack'] === true ? '; the engine rolls back' : '';
  const pulls = textOf(detail, 'pullingSince') === null ? '' : '; a node pulls the image';
  return {
    title: `${counts} ${what}${back}${pulls}`,
    detail: trouble,
    isTrouble: trouble !== null,
  };
};

const queued = (deployment: DeploymentView): Told => {
  const { from, to, cause } = deployment;
  const change = `${from === null ? 'unknown' : shortDigest(from)} → ${to === null ? 'what the cluster finds' : shortDigest(to)}`;
  const retry = retryOf(deployment);
  return retry === null
    ? { title: `Decided: ${change}`, detail: causeWords(cause) }
    : { title: `Retry: ${change}`, detail: `${tryWords(retry)}, after a failure that may pass` };
};

const WHO: Readonly<Record<string, string>> = {
  engine: 'the engine rolled back',
  person: 'a person rolled back',
};

const endDetail = (
  { reason, from, to, service }: DeploymentView,
  detail: Detail,
): string | null => {
  const notReverted = textOf(detail, 'notTakenBack');
  const revertFailed = textOf(detail, 'takeBackFailed');
  const backTo = textOf(detail, 'rolledBackTo') ?? textOf(detail, 'takenBackTo');
  const who = WHO[textOf(detail, 'by') ?? ''] ?? 'the helper reverted the service';
  const said = [
    reason === null ? null : endWords(reason),
    backTo === null ? null : `${who} to ${shortDigest(backTo)}`,
    textOf(detail, 'note'),
    notReverted === null ? null : `not reverted: ${notReverted}`,
    notReverted === null || from === null || from === to
      ? null
      : `cd-helper rollback ${service.name} --to ${shortDigest(from)} --wait goes back`,
    revertFailed === null ? null : `the revert failed: ${revertFailed}`,
  ].filter((part) => part !== null);
  return said.length === 0 ? null : said.join('; ');
};

const ENDS: Readonly<Record<string, string>> = {
  failed: 'Failed',
  'rolled-back': 'Rolled back',
  superseded: 'Superseded by a newer deployment',
  skipped: 'Skipped',
};

const succeeded = (deployment: DeploymentView): string =>
  hadNothingToVerify(deployment)
    ? `Succeeded, with ${NOTHING_TO_VERIFY}`
    : 'Verified: all its tasks run it and stay up';

const tell = (
  { step, detail }: StepView,
  deployment: DeploymentView,
  target: string | null,
): Told => {
  switch (step) {
    case 'queued':
      return queued(deployment);
    case 'update-sent': {
      const to = digestOf(textOf(detail, 'digest'));
      const what = detail['phase'] === 'back' ? 'the revert' : 'the update';
      return { title: `The cluster accepted ${what} to ${to}`, detail: listOf(detail, 'warnings') };
    }
    case 'progress':
      return progress(detail, target);
    case 'no-answer':
      return {
        title: 'The cluster did not answer: the helper checks whether it accepted the update',
        detail: textOf(detail, 'problem') ?? otherDetail(detail),
        isTrouble: true,
      };
    case 'repeating':
      return { title: 'The service did not change: the update is sent again', detail: null };
    case 'out-of-sequence':
      return {
        title: 'Somebody else changed the service first: the helper plans again',
        detail: null,
        isTrouble: true,
      };
    case 'settings-changed':
      return {
        title:
          'The cluster changed settings that the update did not ask for: compare them with your stack file and set them again',
        detail: listOf(detail, 'fields'),
        isTrouble: true,
      };
    case 'taking-back':
      return {
        title: `The helper reverts the service to ${digestOf(textOf(detail, 'to'))}`,
        detail:
          [textOf(detail, 'message'), textOf(detail, 'note')].filter(Boolean).join('; ') || null,
        isTrouble: true,
      };
    case ALSO_HELD:
      return { title: alsoHeldWords(deployment), detail: null };
    case 'retry-queued': {
      const next = nextTryOf(deployment);
      return {
        title: `The helper retries: ${next === null ? 'a retry' : tryWords(next)}`,
        detail: null,
      };
    }
    case 'succeeded':
      return { title: succeeded(deployment), detail: endDetail(deployment, detail) };
    case 'failed':
    case 'rolled-back':
    case 'superseded':
    case 'skipped':
      return { title: ENDS[step] ?? step, detail: endDetail(deployment, detail) };
    default:
      return { title: step.replaceAll('-', ' '), detail: otherDetail(detail) };
  }
};

/** What happened, step by step, without the individual tasks: `toldTasks` reports those. */
export const tellSteps = (deployment: DeploymentView): readonly StoryEntry[] => {
  let target = deployment.to;
  return deployment.steps.flatMap((step) => {
    target = targetAfter(target, step);
    if (step.step === 'tasks') return [];
    const { title, detail, isTrouble = false } = tell(step, deployment, target);
    return [{ at: step.at, step: step.step, isTrouble, title, detail }];
  });
};
