import { healthWords, heldWords } from '../../core/health/health-words.ts';
import type { BuildFacts } from '../../core/image/published.ts';
import { hadNothingToVerify, NOTHING_TO_VERIFY } from '../../core/story/nothing-to-verify.ts';
import { adviceWords } from '../../core/story/advice.ts';
import { originWords } from '../../core/story/origin-words.ts';
import type { ServiceStory } from '../../core/story/service-story.ts';
import type { WentBack } from '../../core/story/went-back.ts';
import { whyNotReverted } from '../../core/story/words.ts';
import { OCI_ADVICE } from '../../core/verdict/verdict.ts';
import type { DeploymentView, ServiceView } from '../../core/contract/views.ts';
import { wouldDeploy } from '../../core/verdict/would-deploy.ts';
import { printAge } from '../output/age.ts';
import { printable } from '../output/cell-text.ts';
import type { Context } from '../client/context.ts';
import { logLines, printTrigger, retryText, short, whyNot } from './deployment-words.ts';
import { printTime } from '../output/print-time.ts';
import { healthCell, isObserved } from '../output/health-cell.ts';
import { type Labelled, labelledLines } from '../output/labelled-lines.ts';
import { tagOfImage } from '../../core/policy/follower-of.ts';
import { trackingFacts } from '../output/tracking-facts.ts';
import { verdictCell } from '../output/verdict-cell.ts';

/** What a service runs, by its image's labels: `v1.3.0, commit 982c388`. */
export const printBuild = (build: BuildFacts | null): string =>
  [build?.version, build?.revision && `commit ${build.revision.slice(0, 12)}`]
    .filter((part) => part !== null && part !== undefined && part !== '')
    .join(', ');

const LABEL_WIDTH = 'deployed by '.length;

/** A time, and how long ago it was. */
const when = ({ deps }: Context, time: string): string =>
  `${printTime(time, deps.now())} (${printAge(time, deps.now())} ago)`;

const by = ({ triggers }: DeploymentView): string =>
  [...new Set(triggers.map(printTrigger))].join(', ');

const WENT_BACK: Readonly<Record<WentBack['by'], string>> = {
  helper: 'when the helper reverted it',
  engine: 'when the engine rolled it back',
  person: 'when a person rolled it back',
};

const ENDS: Readonly<Partial<Record<DeploymentView['state'], string>>> = {
  succeeded: 'when it was verified',
  failed: 'when its deployment failed, and it was not reverted',
};

const since = (context: Context, service: ServiceView, { origin, back }: ServiceStory): string => {
  if (origin === null)
    return `${when(context, service.updatedAt)}, when the service was last changed`;
  if (origin.endedAt === null) {
    return `${when(context, origin.startedAt ?? origin.queuedAt)}, and not verified yet`;
  }
  const ended = hadNothingToVerify(origin) ? NOTHING_TO_VERIFY : ENDS[origin.state];
  const what = back === null ? ended : WENT_BACK[back.by];
  return [when(context, origin.endedAt), what].filter(Boolean).join(', ');
};

/** The arguments after a command that identify exactly this service. */
const nameOf = ({ name, cluster }: ServiceView, isAlone: boolean): string =>
  isAlone ? name : `${name} --cluster ${cluster}`;

/** What to do about a service with the verdict `unknown`, by its reason. */
const UNKNOWN: Readonly<Record<string, (name: string) => string>> = {
  'not-checked': (name) => `cd-helper smart-redeploy --dry-run --service ${name}`,
  unpinned: (name) => `cd-helper smart-redeploy --pin --service ${name}`,
  'sign-in-refused': () => 'cd-helper check-config',
  unreachable: (name) => `cd-helper smart-redeploy --dry-run --service ${name} checks again`,
};

const CORRECT = 'correct or remove the label';
const REBUILD = 'build it with Docker media types';

/** What ends a hold, by its reason. */
const liftedBy = ({ reason, detail }: ServiceView, name: string): string => {
  if (reason === 'no-fitting-node') return detail ?? 'build it for a node of the cluster';
  if (reason === 'frozen') return 'run cd-helper thaw to lift the freeze';
  if (reason === 'unsupported-label') return CORRECT;
  if (reason === 'swarmpit-cannot-pull') return REBUILD;
  return `run cd-helper release ${name} to lift the hold`;
};

const newest = (context: Context, service: ServiceView, isAlone: boolean): string => {
  const { verdict, reason, detail, published, checkedAt } = service;
  const asked = checkedAt === null ? '' : `, asked ${printAge(checkedAt, context.deps.now())} ago`;
  const name = nameOf(service, isAlone);
  const because = reason === null ? '' : ` (${reason})`;
  switch (verdict) {
    case 'current':
      return `yes${asked}`;
    case 'obsolete':
      return `no: ${short(published)} is published${asked}: cd-helper redeploy ${name} --wait`;
    case 'waiting':
      return `no: ${short(published)} is published${asked}, and waits: ${detail ?? ''}`;
    case 'held':
      return `no: ${short(published)} is published${asked}, and held${because}: ${liftedBy(service, name)}`;
    case 'unknown': {
      const isHeld = reason === 'unpinned' && !wouldDeploy(service, true);
      const correct = detail === OCI_ADVICE ? REBUILD : CORRECT;
      const advice = isHeld ? correct : UNKNOWN[reason ?? '']?.(service.name);
      return `could not be determined${because}${advice === undefined ? '' : `: ${advice}`}`;
    }
    case 'diverged':
      if (reason === 'nothing-runs')
        return `its spec is, but none of its tasks is running: docker service ps --no-trunc ${service.name}`;
      return `its spec is, but some tasks run another digest: cd-helper redeploy ${name} --force --wait`;
    case 'updating':
      return 'an update is in progress';
    case 'pinned':
    case 'excluded':
    default:
      return `not checked: ${verdict}${because}`;
  }
};

const underWay = (context: Context, { underWay: one }: ServiceStory): string =>
  one === null
    ? ''
    : [
        `${short(one.to)} is ${one.state}, by ${by(one)}, since ${when(context, one.queuedAt)}`,
        retryText(context, one),
      ]
        .filter(Boolean)
        .join(', ');

const lastTry = (context: Context, { failed }: ServiceStory): string =>
  failed === null
    ? ''
    : `${failed.state} ${when(context, failed.endedAt ?? failed.queuedAt)} with ${short(failed.to)}: ${[whyNot(failed), whyNotReverted(failed)].filter(Boolean).join('; not reverted: ')}`;

/** Why it is not healthy and since when, what its tasks said, and how often they failed lately. */
const healthLine = (context: Context, service: ServiceView): string => {
  const { health, healthReason, healthSince, restarts, lastError } = service;
  if (!isObserved(service) || (health === 'ok' && restarts === 0)) return '';
  const parts = [
    healthReason === null ? health : `${healthWords(healthReason)} (${healthReason})`,
    ...(healthSince === null ? [] : [`since ${when(context, healthSince)}`]),
    ...(restarts === 0
      ? []
      : [`${restarts} failed ${restarts === 1 ? 'task' : 'tasks'} in the last hour`]),
    ...(lastError === null ? [] : [`last: ${lastError}`]),
  ];
  return parts.join('; ');
};

const rollbackHint = (
  { before, beforeTag, mayName }: ServiceStory,
  { image }: ServiceView,
  name: string,
): string => {
  const tag = beforeTag === null || beforeTag === tagOfImage(image) ? '' : `${beforeTag} `;
  if (before !== null) return `cd-helper rollback ${name} --wait   to ${tag}${short(before)}`;
  if (mayName === null) return '';
  return `no good image is known; cd-helper rollback ${name} --to ${short(mayName)} --wait`;
};

/**
 * One service for somebody who asks about it at night: what runs, since when, who deployed it, whether it is the
 * newest, and how to roll back.
 *
 * @param isAlone whether no other cluster has a service of this name
 */
export const cardLines = (
  context: Context,
  service: ServiceView,
  story: ServiceStory,
  isAlone: boolean,
): readonly string[] => {
  const { colours } = context;
  const { text, paint } = verdictCell(colours, service.verdict);
  const up = service.replicas;
  const build = printBuild(service.build);
  const told = story.underWay ?? story.failed ?? story.origin;
  const where = `cluster ${service.cluster}${service.stack === null ? '' : `, stack ${service.stack}`}`;
  const health = isObserved(service) ? healthCell(colours, service.health) : null;
  const facts: readonly Labelled[] = [
    ['health', healthLine(context, service)],
    ['warning', heldWords(service) ?? ''],
    ['what to do', adviceWords(service, story) ?? ''],
    ['image', service.image],
    ['runs', [short(service.running), build].filter(Boolean).join(', ')],
    ['up', up === null ? '' : `${up.running} of ${up.desired}`],
    ['since', since(context, service, story)],
    ['deployed by', originWords(story, by)],
    ['newest', newest(context, service, isAlone)],
    ['because', service.detail ?? ''],
    ...trackingFacts(service),
    ['under way', underWay(context, story)],
    ['last try', lastTry(context, story)],
    ['story', told === null ? '' : `cd-helper deployments ${told.id}`],
    ['roll back', rollbackHint(story, service, nameOf(service, isAlone))],
  ];
  return [
    `${colours.bold(printable(service.name))}  ${health === null ? '' : `${health.paint(health.text)}  `}${paint(text)}  ${colours.dim(printable(where))}`,
    ...labelledLines(colours, LABEL_WIDTH, facts),
    ...(story.failed === null ? [] : logLines(context, story.failed)),
  ];
};
