import type { DeploymentView, SpecChange, StepView, TriggerView } from '../core/views.ts';
import { printable } from './cell-text.ts';
import type { Context } from './context.ts';
import { digestChange, logLines, printTrigger, whyNot } from './deployment-words.ts';
import { printTime } from './print-time.ts';
import { type Labelled, labelledLines } from './labelled-lines.ts';
import { printBuild } from './service-card.ts';
import { stateCell } from './verdict-cell.ts';

const LABEL_WIDTH = 'changed  '.length;

const source = (trigger: TriggerView): string => {
  if ('delivery' in trigger) return `hook, delivery ${trigger.delivery}`;
  if ('run' in trigger) return `${trigger.kind}, run ${trigger.run}`;
  return printTrigger(trigger);
};

/** `slot 2 on k2f9: failed, task: non-zero exit (3)`, out of what a step tells of a task. */
const taskText = (task: unknown): string => {
  if (typeof task !== 'object' || task === null) return '';
  const told = (name: string): string => {
    const value: unknown = Reflect.get(task, name);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  const slot = told('slot') === '' ? 'task' : `slot ${told('slot')}`;
  const node = told('node') === '' ? '' : ` on ${told('node')}`;
  return `${slot}${node}: ${[told('state'), told('error')].filter(Boolean).join(', ')}`;
};

const stepTexts = ({ step, detail: details }: StepView): readonly string[] => {
  const tasks: unknown = details['tasks'];
  return step === 'tasks' && Array.isArray(tasks)
    ? tasks.map((task) => `${step.padEnd(14)}  ${taskText(task)}`)
    : [`${step.padEnd(14)}  ${detail(details)}`];
};

const changeText = ({ path, before, after }: SpecChange): string =>
  `${path}: ${before ?? 'nothing'} → ${after ?? 'nothing'}`;

const detail = (details: Readonly<Record<string, unknown>>): string =>
  Object.entries(details)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');

const triggerText = ({ triggers, triggerCount }: DeploymentView): string => {
  const more = triggerCount - triggers.length;
  return [...triggers.map(source), ...(more > 0 ? [`${more} more`] : [])].join('; ');
};

/** One deployment from what led to it to its end, with every step. */
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
    ['because', deployment.cause],
    ['by', triggerText(deployment)],
    ['failure', whyNot(deployment)],
    ['node', deployment.failure?.nodeName ?? deployment.failure?.node ?? ''],
    ...(deployment.changes ?? []).map((change): Labelled => ['changed', changeText(change)]),
  ];
  return [
    `${colours.bold(printable(deployment.service.name))}  ${paint(text)}  ${colours.dim(printable(`cluster ${deployment.cluster}`))}`,
    ...labelledLines(colours, LABEL_WIDTH, facts),
    ...deployment.steps.flatMap((step) =>
      stepTexts(step).map((told) => {
        const at = printTime(step.at, deps.now());
        return `  ${at}  ${printable(told).trimEnd()}`;
      }),
    ),
    ...logLines(context, deployment),
  ];
};
