import type { BuildFacts } from '../core/published.ts';
import { OCI_ADVICE } from '../core/verdict.ts';
import type { DeploymentView, ServiceView } from '../core/views.ts';
import { wouldDeploy } from '../core/would-deploy.ts';
import { printAge } from './age.ts';
import { printable } from './cell-text.ts';
import type { Context } from './context.ts';
import { logLines, printTrigger, short, whyNot } from './deployment-words.ts';
import { printTime } from './print-time.ts';
import { type Labelled, labelledLines } from './labelled-lines.ts';
import type { ServiceStory } from './service-story.ts';
import { verdictCell } from './verdict-cell.ts';

/** What a service runs in the words of whoever built it: `v1.3.0, commit 982c388`. */
export const printBuild = (build: BuildFacts | null): string =>
  [build?.version, build?.revision && `commit ${build.revision.slice(0, 12)}`]
    .filter((part) => part !== null && part !== undefined && part !== '')
    .join(', ');

const LABEL_WIDTH = 'deployed by '.length;

/** The time and how long ago that is. */
const when = ({ deps }: Context, time: string): string =>
  `${printTime(time, deps.now())} (${printAge(time, deps.now())} ago)`;

const by = ({ triggers }: DeploymentView): string =>
  [...new Set(triggers.map(printTrigger))].join(', ');

const since = (context: Context, service: ServiceView, { origin, isBack }: ServiceStory): string =>
  origin === null || origin.endedAt === null
    ? `${when(context, service.updatedAt)}, when the service was last changed`
    : `${when(context, origin.endedAt)}, ${isBack ? 'when it was taken back' : 'when it was verified'}`;

const deployedBy = ({ origin, isBack }: ServiceStory): string => {
  if (origin === null) return 'nobody that this helper knows of';
  return isBack
    ? `the helper, back from ${short(origin.to)}, which came by ${by(origin)}`
    : by(origin);
};

/** What may be typed after the name of a command to mean exactly this service. */
const nameOf = ({ name, cluster }: ServiceView, isAlone: boolean): string =>
  isAlone ? name : `${name} --cluster ${cluster}`;

/** What to do about a service whose verdict is `unknown`, by the reason. */
const UNKNOWN: Readonly<Record<string, (name: string) => string>> = {
  'not-checked': (name) => `cd-helper smart-redeploy --dry-run --service ${name}`,
  unpinned: (name) => `cd-helper smart-redeploy --pin --service ${name}`,
  'sign-in-refused': () => 'cd-helper check-config',
  unreachable: (name) => `cd-helper smart-redeploy --dry-run --service ${name} asks again`,
};

const CORRECT = 'correct the label, or take it away';
const REBUILD = 'build it with Docker media types';

/** What lifts a hold, by the reason. */
const liftedBy = (reason: string | null, name: string): string => {
  if (reason === 'frozen') return 'cd-helper thaw lifts that';
  if (reason === 'unsupported-label') return CORRECT;
  if (reason === 'swarmpit-cannot-pull') return REBUILD;
  return `cd-helper release ${name} lifts that`;
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
    case 'held':
      return `no: ${short(published)} is published${asked}, and held${because}: ${liftedBy(reason, name)}`;
    case 'unknown': {
      const isHeld = reason === 'unpinned' && !wouldDeploy(service, true);
      const correct = detail === OCI_ADVICE ? REBUILD : CORRECT;
      const advice = isHeld ? correct : UNKNOWN[reason ?? '']?.(service.name);
      return `cannot be told${because}${advice === undefined ? '' : `: ${advice}`}`;
    }
    case 'diverged':
      return `its spec is, but some tasks run another digest: cd-helper redeploy ${name} --force --wait`;
    case 'updating':
      return 'an update is under way';
    case 'pinned':
    case 'excluded':
    default:
      return `not looked at: ${verdict}${because}`;
  }
};

const underWay = (context: Context, { underWay: one }: ServiceStory): string =>
  one === null
    ? ''
    : `${short(one.to)} is ${one.state}, by ${by(one)}, since ${when(context, one.queuedAt)}`;

const lastTry = (context: Context, { failed }: ServiceStory): string =>
  failed === null
    ? ''
    : `${failed.state} ${when(context, failed.endedAt ?? failed.queuedAt)} with ${short(failed.to)}: ${whyNot(failed)}`;

/**
 * One service as somebody asks about it at night: what runs, since when, who deployed it, is it the
 * newest, and how to take it back.
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
  const back = `cd-helper rollback ${nameOf(service, isAlone)} --wait`;
  const facts: readonly Labelled[] = [
    ['image', service.image],
    ['runs', [short(service.running), build].filter(Boolean).join(', ')],
    ['up', up === null ? '' : `${up.running} of ${up.desired}`],
    ['since', since(context, service, story)],
    ['deployed by', deployedBy(story)],
    ['newest', newest(context, service, isAlone)],
    ['because', service.detail ?? ''],
    ['under way', underWay(context, story)],
    ['last try', lastTry(context, story)],
    ['story', told === null ? '' : `cd-helper deployments ${told.id}`],
    ['take back', story.before === null ? '' : `${back}   to ${short(story.before)}`],
  ];
  return [
    `${colours.bold(printable(service.name))}  ${paint(text)}  ${colours.dim(printable(where))}`,
    ...labelledLines(colours, LABEL_WIDTH, facts),
    ...(story.failed === null ? [] : logLines(context, story.failed)),
  ];
};
