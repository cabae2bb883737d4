import { shortDigest } from '../../core/image/digest.ts';
import { pullingWords } from '../../core/swarm/pulling.ts';
import { hadNothingToVerify, NOTHING_TO_VERIFY } from '../../core/story/nothing-to-verify.ts';
import { retryOf, tryWords } from '../../core/story/retry.ts';
import { endWords, whyNotReverted } from '../../core/story/words.ts';
import type { DeploymentView, TriggerView } from '../../core/contract/views.ts';
import { printDuration } from '../output/age.ts';
import { printable } from '../output/cell-text.ts';
import type { Context } from '../client/context.ts';
import { printTime } from '../output/print-time.ts';

/** Enough of a digest to recognise it; `?` for null. */
export const short = (digest: string | null): string =>
  digest === null ? '?' : shortDigest(digest);

/** `abc → def`, or `v1.3.0 abc → v1.4.0 def` */
export const digestChange = ({
  from,
  to,
  fromTag,
  toTag,
}: Pick<DeploymentView, 'from' | 'to' | 'fromTag' | 'toTag'>): string =>
  fromTag === toTag
    ? `${short(from)} → ${short(to)}`
    : `${fromTag} ${short(from)} → ${toTag} ${short(to)}`;

/** What caused a deployment, in a few words. */
export const printTrigger = (trigger: TriggerView): string => {
  switch (trigger.kind) {
    case 'hook':
      return 'hook';
    case 'smart-redeploy':
      return 'smart-redeploy';
    case 'schedule':
      return 'schedule';
    case 'person':
      // A token's name alone could mean anything: the token from the environment variable is named `default`.
      return `token ${trigger.actor}`;
    default:
      return trigger satisfies never;
  }
};

/** How long it has taken until now or until its end; empty if it has not started. */
export const took = ({ startedAt, endedAt }: DeploymentView, now: number): string => {
  if (startedAt === null) return '';
  const end = endedAt === null ? now : Date.parse(endedAt);
  return printDuration(Math.max(0, end - Date.parse(startedAt)));
};

/** What went wrong, on one line; empty if nothing did. */
export const whyNot = ({ reason, failure }: DeploymentView): string =>
  [reason, failure?.message].filter((part) => part !== null && part !== undefined).join(': ');

/** The same, with a command to type. */
export const whyNotRevertedHint = (deployment: DeploymentView): string => {
  const why = whyNotReverted(deployment);
  const { from, to, service } = deployment;
  if (why === '' || from === null || from === to) return why;
  return `${why}; cd-helper rollback ${service.name} --to ${short(from)} --wait goes back`;
};

/** What a deployment's line says besides its state: why it waits, what went wrong, or that nothing ran. */
export const remark = (context: Context, deployment: DeploymentView): string =>
  hadNothingToVerify(deployment)
    ? NOTHING_TO_VERIFY
    : retryText(context, deployment) ||
      pullingWords(deployment, context.deps.now()) ||
      whyNot(deployment);

/** Why a deployment ended as it did, in a sentence; empty if nothing went wrong. */
export const endText = ({ reason, failure }: DeploymentView): string =>
  [reason === null ? null : endWords(reason), failure?.message]
    .filter((part) => part !== null && part !== undefined)
    .join(': ');

/** For a retry that waits for its time: the number of the try and when it starts. Empty for any other deployment. */
export const retryText = ({ deps }: Context, deployment: DeploymentView): string => {
  const retry = deployment.state === 'queued' ? retryOf(deployment) : null;
  if (retry === null) return '';
  return retry.notBefore === null
    ? tryWords(retry)
    : `${tryWords(retry)}, starts ${printStart(retry.notBefore, deps.now())}`;
};

/** `at 14:05:10 (in 4m)` */
export const printStart = (time: string, now: number): string => {
  const away = Date.parse(time) - now;
  return away <= 0 ? 'now' : `at ${printTime(time, now)} (in ${printDuration(away)})`;
};

/** The last log lines of the failed container. */
export const logLines = ({ colours }: Context, { failure }: DeploymentView): readonly string[] =>
  (failure?.log ?? []).map((line) => colours.dim(`    │ ${printable(line)}`));
