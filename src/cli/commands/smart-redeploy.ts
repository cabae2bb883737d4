import type { RunRequest, RunView } from '../../core/contract/run-views.ts';
import type { ServiceView } from '../../core/contract/views.ts';
import { wouldDeploy } from '../../core/verdict/would-deploy.ts';
import { printable } from '../output/cell-text.ts';
import type { Context } from '../client/context.ts';
import { dryRunAtHelper } from '../wait/dry-run.ts';
import { EXIT, wrongUse } from '../terminal/exit-status.ts';
import { requireNames } from '../find/names.ts';
import { inspectEngine } from '../wait/inspect-engine.ts';
import { collect } from '../terminal/option-values.ts';
import type { AddCommand } from './add-command.ts';
import { countServices, inTableOrder, serviceLines } from '../show/service-table.ts';
import { waitForRun } from '../wait/wait-for-run.ts';
import { withHelp } from '../terminal/with-help.ts';

type Options = {
  readonly cluster?: string;
  readonly service?: readonly string[];
  readonly stack?: readonly string[];
  readonly image?: readonly string[];
  readonly engine?: string;
  readonly dryRun?: true;
  readonly pin?: true;
  readonly yes?: true;
  readonly wait?: true;
};

const PATH = '/api/v1/smart-redeploy';

const toRequest = (options: Options): RunRequest => ({
  cluster: options.cluster ?? null,
  services: options.service ?? [],
  stacks: options.stack ?? [],
  images: options.image ?? [],
  dryRun: options.dryRun === true,
  pin: options.pin === true,
});

const unknownIn = (services: readonly ServiceView[]): number =>
  services.some(({ verdict }) => verdict === 'unknown') ? EXIT.unknown : EXIT.well;

const statusOfPlan = ({ state, services }: RunView): number =>
  state === 'failed' ? EXIT.failed : unknownIn(services);

/** Maximum number of names in one line; the table has them all. */
const MOST_NAMES = 20;

const namesOf = (services: readonly ServiceView[], isTerminal: boolean): string => {
  const names = inTableOrder(services).map(({ name }) => printable(name));
  const told = isTerminal ? names.slice(0, MOST_NAMES) : names;
  const more = names.length - told.length;
  return `${told.join(', ')}${more === 0 ? '' : `, and ${more} more`}`;
};

const showPlan = (
  context: Context,
  services: readonly ServiceView[],
  options: Options,
): readonly ServiceView[] => {
  if (services.length === 0) {
    context.note('no service matches, or none runs: nothing to redeploy');
    return [];
  }
  const affected = services.filter((service) => wouldDeploy(service, options.pin === true));
  context.print(...serviceLines(context, services), '', countServices(services));
  context.print(
    affected.length === 0
      ? 'Nothing to redeploy.'
      : `Would be redeployed: ${namesOf(affected, context.width !== null)}`,
  );
  context.print(...moveLines(affected, context.width !== null));
  return affected;
};

/** Which services would move to another tag, and why to that one. */
const moveLines = (services: readonly ServiceView[], isTerminal: boolean): readonly string[] => {
  const moves = inTableOrder(services).flatMap(({ name, detail, tracking }) =>
    tracking?.next === undefined || tracking.next === null || detail === undefined
      ? []
      : [printable(`${name} ${detail}`)],
  );
  const told = isTerminal ? moves.slice(0, MOST_NAMES) : moves;
  const more = moves.length - told.length;
  return more === 0 ? told : [...told, `and ${more} more`];
};

/** Inspects an engine without a helper. Nothing there could redeploy. */
const dryRunAtEngine = async (context: Context, url: string, options: Options): Promise<number> => {
  if (options.dryRun !== true) {
    throw wrongUse(
      '--engine is read-only: add --dry-run',
      'to redeploy, talk to a running helper with --url',
    );
  }
  const chosen = await inspectEngine(context, url, toRequest(options), true);
  const counts = Object.fromEntries(
    Object.entries(Object.groupBy(chosen, ({ verdict }) => verdict)).map(([verdict, services]) => [
      verdict,
      services.length,
    ]),
  );
  if (context.json) context.printJson({ state: 'done', dryRun: true, counts, services: chosen });
  else showPlan(context, chosen, options);
  return unknownIn(chosen);
};

type Agreed =
  | { readonly kind: 'go'; readonly shown: readonly ServiceView[] }
  | { readonly kind: 'end'; readonly status: number };

/** Whether the person at the terminal agrees to the plan. Without a terminal there is nobody to ask. */
const agree = async (context: Context, options: Options): Promise<Agreed> => {
  const { ask, signal } = context.deps;
  if (options.yes === true || context.json || context.width === null || ask === undefined)
    return { kind: 'go', shown: [] };
  const plan = await dryRunAtHelper(context, toRequest(options));
  const affected = showPlan(context, plan.services, options);
  if (plan.reason !== null) context.note(plan.reason);
  if (affected.length === 0) return { kind: 'end', status: statusOfPlan(plan) };
  const answer = await ask(`Redeploy ${affected.length} of them now? [y/N] `, signal);
  if (/^\s*y(?:es)?\s*$/i.test(answer)) return { kind: 'go', shown: plan.services };
  context.note('nothing was redeployed');
  return { kind: 'end', status: EXIT.failed };
};

export const addSmartRedeploy: AddCommand = (program, act) => {
  const command = program
    .command('smart-redeploy')
    .description('check services against their registries and redeploy those that are obsolete')
    .option('--cluster <name>', 'only this cluster')
    .option('--service <glob>', 'only services whose name matches; can be repeated', collect)
    .option('--stack <glob>', 'only matching stacks; can be repeated', collect)
    .option('--image <glob>', 'only matching images; can be repeated', collect)
    .option('--dry-run', 'only show what would be deployed')
    .option('--pin', 'also deploy services whose spec has no digest and that cannot be compared')
    .option('--yes', 'do not ask')
    .option('--wait', 'wait until every deployment has ended, and show each step')
    .option('--engine <url>', 'with --dry-run: read this Docker Engine without a helper');
  withHelp(command, {
    more: `On a terminal, shows the plan first and asks for confirmation, unless --yes is given.
Exit status with --wait: 0 everything is current or was deployed, including deployments in progress;
1 something failed, or is held or frozen; 3 something could not be determined.`,
    json: 'Run; with --wait Run and its "deployments"; with --engine {"state", "dryRun", "counts", "services"} of it',
    examples: [
      'cd-helper smart-redeploy --dry-run',
      "cd-helper smart-redeploy --stack 'shop*' --wait",
      'cd-helper smart-redeploy --dry-run --engine unix:///var/run/docker.sock',
    ],
  }).action(
    act(async (context, options: Options) => {
      if (options.engine !== undefined) return dryRunAtEngine(context, options.engine, options);
      const { cluster, service: services = [], stack: stacks = [] } = options;
      await requireNames(context.api(), { cluster, services, stacks });
      if (options.dryRun === true) {
        const run = await dryRunAtHelper(context, toRequest(options));
        if (context.json) context.printJson(run);
        else showPlan(context, run.services, options);
        if (run.reason !== null) context.note(run.reason);
        return statusOfPlan(run);
      }
      const agreed = await agree(context, options);
      if (agreed.kind === 'end') return agreed.status;
      const run = await context.api().post<RunView>(PATH, toRequest(options));
      if (options.wait === true) return waitForRun(context, run, agreed.shown);
      if (context.json) context.printJson(run);
      else
        context.print(`run ${run.id} is in progress: cd-helper runs ${run.id} --wait follows it`);
      return EXIT.well;
    }),
  );
};
