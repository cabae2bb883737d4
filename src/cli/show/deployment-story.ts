import { pullingWords } from '../../core/swarm/pulling.ts';
import { type StoryEntry, tellSteps } from '../../core/story/tell-steps.ts';
import { nextTryOf, retryOf, tryWords } from '../../core/story/retry.ts';
import type { ToldTask } from '../../core/story/task-news.ts';
import { toldTasks } from '../../core/story/told-tasks.ts';
import { causeWords } from '../../core/story/words.ts';
import type { DeploymentView, TriggerView } from '../../core/contract/views.ts';
import type { SpecChange } from '../../core/swarm/spec-changes.ts';
import { printable } from '../output/cell-text.ts';
import type { Context } from '../client/context.ts';
import { isFailure } from '../../core/story/deployment-states.ts';
import {
  digestChange,
  endText,
  logLines,
  printStart,
  printTrigger,
  short,
  took,
  whyNotRevertedHint,
} from './deployment-words.ts';
import { forgeFacts } from '../output/forge-facts.ts';
import { printTime, printZonedTime } from '../output/print-time.ts';
import { type Labelled, labelledLines } from '../output/labelled-lines.ts';
import { printBuild } from './service-card.ts';
import { stateCell } from '../output/verdict-cell.ts';

const LABEL_WIDTH = 'next try  '.length;

const source = (trigger: TriggerView): string => {
  if ('delivery' in trigger) return `hook, delivery ${trigger.delivery}`;
  if ('run' in trigger) return `${trigger.kind}, run ${trigger.run}`;
  return printTrigger(trigger);
};

/** `slot 2 on k2f9: failed, runs 68c9…: task: non-zero exit (3)` */
const taskText = ({ slot, node, state, digest, error }: ToldTask): string => {
  const where = [slot === null ? 'task' : `slot ${slot}`, node === null ? '' : `on ${node}`];
  const what = digest === null ? state : `${state}, image ${short(digest)}`;
  return `${where.filter(Boolean).join(' ')}: ${[what, error].filter(Boolean).join(': ')}`;
};

/** Tasks that failed in the same way are shown once. */
const taskTexts = (deployment: DeploymentView): readonly string[] => {
  const alike = Map.groupBy(toldTasks(deployment).map(taskText), (told) => told);
  return [...alike].map(([told, all]) =>
    all.length === 1 ? told : `${told} (${all.length} times)`,
  );
};

const WHOLE_DIGEST = /(sha256:[0-9a-f]{12})[0-9a-f]{52}/g;

const changeText = ({ path, before, after }: SpecChange): string =>
  `${path}: ${before ?? 'nothing'} → ${after ?? 'nothing'}`.replaceAll(WHOLE_DIGEST, '$1…');

const triggerText = ({ triggers, triggerCount }: DeploymentView): string => {
  const more = triggerCount - triggers.length;
  return [...triggers.map(source), ...(more > 0 ? [`${more} more`] : [])].join('; ');
};

const notReverted = (deployment: DeploymentView): string => {
  const why = whyNotRevertedHint(deployment);
  return why === '' ? '' : `no: ${why}`;
};

const entryText = ({ title, detail }: StoryEntry): string =>
  detail === null ? title : `${title} (${detail})`;

const endedText = (context: Context, deployment: DeploymentView): string => {
  if (deployment.endedAt === null) return '';
  const lasted = took(deployment, context.deps.now());
  return `${printZonedTime(deployment.endedAt)}${lasted === '' ? '' : `, after ${lasted}`}`;
};

const tryFacts = ({ deps }: Context, deployment: DeploymentView): readonly Labelled[] => {
  const retry = retryOf(deployment);
  const next = nextTryOf(deployment);
  const isWaiting = deployment.state === 'queued';
  const starts = (notBefore: string | null): string =>
    notBefore === null ? '' : `, starts ${printStart(notBefore, deps.now())}`;
  const isAhead = Date.parse(next?.notBefore ?? '') > deps.now();
  return [
    ['try', retry === null ? '' : `${tryWords(retry)}${isWaiting ? starts(retry.notBefore) : ''}`],
    ['next try', next === null ? '' : `${tryWords(next)}${isAhead ? starts(next.notBefore) : ''}`],
  ];
};

/** What failed, with the container's last lines: the first thing to read at night. */
const failureLines = (context: Context, deployment: DeploymentView): readonly string[] => {
  const { failure } = deployment;
  if (!isFailure(deployment)) return [];
  return [
    ...labelledLines(context.colours, LABEL_WIDTH, [
      ['failure', endText(deployment)],
      ['reverted', notReverted(deployment)],
      ['node', failure?.nodeName ?? failure?.node ?? ''],
      ['log', failure !== null && failure.log.length > 0 ? 'the last lines of the container' : ''],
    ]),
    ...logLines(context, deployment),
  ];
};

/** One deployment for a person: what went wrong, what led to it, and every step to its end. */
export const deploymentStory = (
  context: Context,
  deployment: DeploymentView,
): readonly string[] => {
  const { colours, deps } = context;
  const { text, paint } = stateCell(colours, deployment.state);
  const facts: readonly Labelled[] = [
    ['image', deployment.image],
    ['digest', digestChange(deployment)],
    ['build', printBuild(deployment.build)],
    ['because', causeWords(deployment.cause)],
    ['by', triggerText(deployment)],
    ['now', pullingWords(deployment, deps.now())],
    ...tryFacts(context, deployment),
    ['queued', printZonedTime(deployment.queuedAt)],
    ['ended', endedText(context, deployment)],
    ['skipped', deployment.state === 'skipped' ? endText(deployment) : ''],
    ...(deployment.changes ?? []).map((change): Labelled => ['changed', changeText(change)]),
    ...forgeFacts(deployment.forge),
    ...taskTexts(deployment).map((told): Labelled => ['task', told]),
  ];
  return [
    `${colours.bold(printable(deployment.service.name))}  ${paint(text)}  ${colours.dim(printable(`cluster ${deployment.cluster}`))}`,
    ...failureLines(context, deployment),
    ...labelledLines(colours, LABEL_WIDTH, facts),
    ...tellSteps(deployment).map(
      (entry) => `  ${printTime(entry.at, deps.now())}  ${printable(entryText(entry))}`,
    ),
  ];
};
