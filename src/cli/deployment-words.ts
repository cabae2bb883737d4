import { type Digest, shortDigest } from '../core/digest.ts';
import type { DeploymentView, TriggerView } from '../core/views.ts';
import { printDuration } from './age.ts';
import { printable } from './cell-text.ts';
import type { Context } from './context.ts';

/** As much of a digest as tells it from others; `?` for none. */
export const short = (digest: string | null): string =>
  digest === null ? '?' : shortDigest(digest as Digest);

/** `abc → def` */
export const digestChange = ({ from, to }: DeploymentView): string =>
  `${short(from)} → ${short(to)}`;

/** What led to a deployment, in a few words. */
export const printTrigger = (trigger: TriggerView): string => {
  switch (trigger.kind) {
    case 'hook':
      return 'hook';
    case 'smart-redeploy':
      return 'smart-redeploy';
    case 'schedule':
      return 'schedule';
    case 'person':
      // A token's name alone may read as anything: the one that a variable gives is named `default`.
      return `token ${trigger.actor}`;
    default:
      return trigger satisfies never;
  }
};

/** How long it has taken until now, or until its end; empty where it has not begun. */
export const took = ({ startedAt, endedAt }: DeploymentView, now: number): string => {
  if (startedAt === null) return '';
  const end = endedAt === null ? now : Date.parse(endedAt);
  return printDuration(Math.max(0, end - Date.parse(startedAt)));
};

/** What went wrong, on one line; empty where nothing did. */
export const whyNot = ({ reason, failure }: DeploymentView): string =>
  [reason, failure?.message].filter((part) => part !== null && part !== undefined).join(': ');

/** The failing container's last words. */
export const logLines = ({ colours }: Context, { failure }: DeploymentView): readonly string[] =>
  (failure?.log ?? []).map((line) => colours.dim(`    │ ${printable(line)}`));
