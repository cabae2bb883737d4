import { Option } from 'commander';
import { isAskedImage } from '../../core/image/asked-image.ts';
import { HEALTH_NAMES } from '../../core/health/health.ts';
import { healthWords, heldWords } from '../../core/health/health-words.ts';
import { type ClusterView, type ServiceView, VERDICT_NAMES } from '../../core/contract/views.ts';
import { printable } from '../output/cell-text.ts';
import type { Context } from '../client/context.ts';
import { downClusters } from '../output/down-clusters.ts';
import { EXIT } from '../terminal/exit-status.ts';
import { inspectEngine } from '../wait/inspect-engine.ts';
import { matchesPattern } from '../find/matches-pattern.ts';
import { isPattern, noService, requireNames } from '../find/names.ts';
import type { AddCommand } from './add-command.ts';
import { requireCluster } from '../find/require-cluster.ts';
import { readList } from '../client/read-list.ts';
import { countServices, serviceLines } from '../show/service-table.ts';
import { readTracked, showCards } from '../find/show-services.ts';
import { withHelp } from '../terminal/with-help.ts';

type Filter = {
  readonly cluster?: string;
  readonly stack?: string;
  readonly verdict?: string;
  readonly health?: string;
  readonly image?: string;
};
type Options = Filter & { readonly engine?: string };

/** The API's filters, for when there is no API. */
const keeps =
  ({ cluster, stack, verdict, health, image }: Filter) =>
  (service: ServiceView): boolean =>
    (cluster === undefined || service.cluster === cluster) &&
    (stack === undefined || service.stack === stack) &&
    (verdict === undefined || service.verdict === verdict) &&
    (health === undefined || service.health === health) &&
    (image === undefined || isAskedImage(service.image, image));

/** Lists the clusters that did not answer, because their services are missing. */
const tellUnreached = async (context: Context, { cluster }: Filter): Promise<boolean> => {
  const clusters = await readList<ClusterView>(context.api(), '/api/v1/clusters', {});
  requireCluster(clusters, cluster);
  const down = downClusters(clusters, cluster);
  for (const line of down) context.note(line);
  return down.length === 0;
};

const NOTHING = 'no services are shown: nothing matches, or nothing runs';
const NOTHING_TOLD =
  'its services cannot be shown now; cd-helper history still shows what was deployed';

/** More than these are the same problem, or too many to read. */
const MOST_DETAILS = 3;

/** The reasons behind `unknown`, each once, and what to do about them. */
const tellUnknown = (context: Context, services: readonly ServiceView[]): void => {
  const unknown = services.filter(({ verdict }) => verdict === 'unknown');
  const details = new Set(unknown.flatMap(({ detail }) => detail ?? []));
  for (const detail of [...details].slice(0, MOST_DETAILS)) {
    context.note(printable(`unknown: ${detail}`));
  }
  if (unknown.some(({ reason }) => reason === 'not-checked')) {
    context.note('not checked yet: cd-helper smart-redeploy --dry-run asks the registries');
  }
};

/** What is wrong with failing services, and which ones run a held image. */
const tellFailing = (context: Context, services: readonly ServiceView[]): void => {
  const failing = services.filter(({ health }) => health === 'failing');
  for (const { name, healthReason, lastError } of failing.slice(0, MOST_DETAILS)) {
    const said = lastError === null ? '' : `: ${lastError}`;
    context.note(printable(`failing: ${name}: ${healthWords(healthReason)}${said}`));
  }
  const held = services.flatMap((one) => {
    const words = heldWords(one);
    return words === null ? [] : [`${one.name}: ${words}`];
  });
  for (const words of held.slice(0, MOST_DETAILS)) context.note(printable(words));
};

/** Shows services and returns those that it showed: only one if the pattern is its full name. */
const show = async (
  context: Context,
  services: readonly ServiceView[],
  pattern: string | undefined,
  { engine, isReached }: { readonly engine: string | undefined; readonly isReached: boolean },
): Promise<readonly ServiceView[]> => {
  const named = services.filter(({ name, id }) => name === pattern || id === pattern);
  if (context.json) {
    const items = services.map(async (service) =>
      engine === undefined && named.includes(service)
        ? readTracked(context.api(), service)
        : service,
    );
    context.printJson({ items: await Promise.all(items) });
  } else if (services.length === 0) context.note(isReached ? NOTHING : NOTHING_TOLD);
  else if (named.length > 0 && engine === undefined) {
    await showCards(context, named);
    const more = services.length - named.length;
    if (more > 0) context.note(`${more} more match: cd-helper status '*${pattern}*'`);
    return named;
  } else {
    context.print(...serviceLines(context, services));
    if (context.width !== null) context.print('', countServices(services));
    tellFailing(context, services);
    tellUnknown(context, services);
  }
  return services;
};

/** If nothing is shown: fails if a name was given that does not exist. */
const requireMatch = async (
  context: Context,
  { engine, cluster, stack }: Filter & { readonly engine: string | undefined },
  pattern: string | undefined,
  found: readonly ServiceView[],
): Promise<void> => {
  const isOfHelper = engine === undefined;
  if (isOfHelper) {
    const stacks = stack === undefined ? [] : [stack];
    await requireNames(context.api(), { cluster, stacks });
  }
  if (pattern === undefined || isPattern(pattern)) return;
  const all = isOfHelper
    ? await readList<ServiceView>(context.api(), '/api/v1/services', { cluster })
    : found;
  if (!all.some((one) => one.id === pattern || matchesPattern(one, pattern))) {
    throw noService(pattern, all);
  }
};

export const addStatus: AddCommand = (program, act) => {
  const command = program
    .command('status')
    .alias('services')
    .description(
      'show services and their verdicts; with a complete name, all details of one service',
    )
    .argument('[pattern]', 'part of a name, stack or image; * matches anything')
    .option('--engine <url>', 'read this Docker Engine without a helper; changes nothing')
    .option('--cluster <name>', 'only this cluster')
    .option('--stack <name>', 'only this stack')
    .addOption(new Option('--health <health>', 'only this health').choices(HEALTH_NAMES))
    .addOption(new Option('--verdict <verdict>', 'only this verdict').choices(VERDICT_NAMES))
    .option('--image <image>', 'only this image, such as acme/web:v1, or acme/web with any tag');
  withHelp(command, {
    more: `Shows the last answers of the registries; only --engine asks them. Exit
status 1 where a service that is shown is failing, else 3 where something is unknown or a cluster is
down. "services" is the same command, after the API.`,
    json: '{"items": [Service]}',
    examples: [
      'cd-helper status',
      'cd-helper status web          # what runs, since when, by whom, is it the newest, how to roll back',
      "cd-helper status 'web*' --verdict obsolete",
      'cd-helper status --health failing',
      'cd-helper status --engine unix:///var/run/docker.sock',
    ],
  }).action(
    act(async (context, pattern: string | undefined, { engine, ...filter }: Options) => {
      const found =
        engine === undefined
          ? await readList<ServiceView>(context.api(), '/api/v1/services', filter)
          : (await inspectEngine(context, engine)).filter(keeps(filter));
      const isReached = engine !== undefined || (await tellUnreached(context, filter));
      const services = found.filter(
        (one) => pattern === undefined || one.id === pattern || matchesPattern(one, pattern),
      );
      if (services.length === 0 && isReached) {
        await requireMatch(context, { engine, ...filter }, pattern, found);
      }
      const shown = await show(context, services, pattern, { engine, isReached });
      if (shown.some(({ health }) => health === 'failing')) return EXIT.failed;
      const isKnown = shown.every(
        ({ verdict, health }) => verdict !== 'unknown' && health !== 'unknown',
      );
      return isReached && isKnown ? EXIT.well : EXIT.unknown;
    }),
  );
};
