import type { DeploymentView, TriggerView } from '../core/views.ts';
import { printable } from './cell-text.ts';
import type { Context } from './context.ts';
import { digestChange, logLines, printTime, printTrigger, whyNot } from './deployment-lines.ts';
import { printBuild } from './service-card.ts';
import { stateCell } from './verdict-cell.ts';

const source = (trigger: TriggerView): string => {
  if ('delivery' in trigger) return `hook, delivery ${trigger.delivery}`;
  if ('run' in trigger) return `${trigger.kind}, run ${trigger.run}`;
  return printTrigger(trigger);
};

const detail = (details: Readonly<Record<string, unknown>>): string =>
  Object.entries(details)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');

/** One deployment from what led to it to its end, with every step. */
export const deploymentStory = (
  context: Context,
  deployment: DeploymentView,
): readonly string[] => {
  const { colours, deps } = context;
  const { text, paint } = stateCell(colours, deployment.state);
  const rows: readonly (readonly [label: string, value: string])[] = [
    ['image', deployment.image],
    ['digest', digestChange(deployment)],
    ['build', printBuild(deployment.build)],
    ['because', deployment.cause],
    ['by', deployment.triggers.map(source).join('; ')],
    ['failure', whyNot(deployment)],
    ['node', deployment.failure?.node ?? ''],
  ];
  return [
    `${colours.bold(printable(deployment.service.name))}  ${paint(text)}  ${colours.dim(printable(`cluster ${deployment.cluster}`))}`,
    ...rows
      .filter(([, value]) => value !== '')
      .map(([label, value]) => `  ${colours.dim(label.padEnd(9))}${printable(value)}`),
    ...deployment.steps.map(
      ({ at, step, detail: details }) =>
        `  ${printTime(at, deps.now())}  ${printable(`${step.padEnd(14)}  ${detail(details)}`).trimEnd()}`,
    ),
    ...logLines(context, deployment),
  ];
};
