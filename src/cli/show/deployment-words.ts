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

/** As much of a digest as tells it from others; `?` for none. */
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

/** The same with what a person may type. */
export const whyNotRevertedHint = (deployment: DeploymentView): string => {
  const why = whyNotReverted(deployment);
  const { from, to, service } = deployment;
  if (why === '' || from === null || from === to) return why;
  return `${why}; cd-helper rollback ${service.name} --to ${short(from)} --wait goes back`;
};

/** What a line of a deployment says beside its state: what keeps it, what went wrong, or that nothing ran. */
export const remark = (context: Context, deployment: DeploymentView): string =>
  hadNothingToVerify(deployment)
    ? NOTHING_TO_VERIFY
    : retryText(context, deployment) ||
      pullingWords(deployment, context.deps.now()) ||
      whyNot(deployment);

/** Why a deployment ended as it did, in a sentence; empty where nothing went wrong. */
export const endText = ({ reason, failure }: DeploymentView): string =>
  [reason === null ? null : endWords(reason), failure?.message]
    .filter((part) => part !== null && part !== undefined)
    .join(': ');

/** Of a retry that waits for its time: which try it is, and when it starts; empty for any other. */
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

/** The failing container's last words. */
export const logLines = ({ colours }: Context, { failure }: DeploymentView): readonly string[] =>
  (failure?.log ?? []).map((line) => colours.dim(`    │ ${printable(line)}`));
