import type { RunRequest, RunView, ServiceView } from '../../core/views.ts';
import { matchesGlob } from '../../core/glob.ts';
import type { Context } from '../context.ts';
import { CliFailure, EXIT } from '../exit-status.ts';
import { collect } from '../option-values.ts';
import type { AddCommand } from '../program.ts';
import { createProgress } from '../progress.ts';
import { countServices, serviceLines } from '../service-table.ts';
import { waitForRun } from '../wait-for-run.ts';
import { withHelp } from '../with-help.ts';

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

const wouldRedeploy = ({ verdict, reason }: ServiceView, { pin }: Options): boolean =>
  verdict === 'obsolete' || (pin === true && verdict === 'unknown' && reason === 'unpinned');

const unknownIn = (services: readonly ServiceView[]): number =>
  services.some(({ verdict }) => verdict === 'unknown') ? EXIT.unknown : EXIT.well;

const showPlan = (
  context: Context,
  services: readonly ServiceView[],
  options: Options,
): readonly ServiceView[] => {
  const affected = services.filter((service) => wouldRedeploy(service, options));
  context.print(...serviceLines(context, services), '', countServices(services));
  context.print(
    affected.length === 0
      ? 'Nothing is to be redeployed.'
      : `Would be redeployed: ${affected.map(({ name }) => name.replaceAll(/\p{Cc}/gu, ' ')).join(', ')}`,
  );
  return affected;
};

/** Looks at an engine without any helper; there is nobody there who could redeploy. */
const dryRunAtEngine = async (context: Context, url: string, options: Options): Promise<number> => {
  if (options.dryRun !== true) {
    throw new CliFailure('--engine only looks: it needs --dry-run', {
      status: EXIT.wrongUse,
      hint: 'to redeploy, talk to a running helper with --url',
    });
  }
  const { services, stacks, images } = toRequest(options);
  const fits = (globs: readonly string[], text: string): boolean =>
    globs.length === 0 || globs.some((glob) => matchesGlob(glob, text));
  const all = await context.deps.inspectEngine(url, context.deps.signal);
  const chosen = all.filter(
    ({ name, stack, image }) =>
      fits(services, name) && fits(stacks, stack ?? '') && fits(images, image),
  );
  if (context.json) context.printJson({ services: chosen });
  else showPlan(context, chosen, options);
  return unknownIn(chosen);
};

/** A dry run at the helper, with a sign of life while it looks. */
const dryRun = async (context: Context, options: Options): Promise<RunView> => {
  const progress = createProgress(context.deps.stderr);
  progress.show('checking …');
  try {
    return await context.api().post<RunView>(PATH, { ...toRequest(options), dryRun: true });
  } finally {
    progress.clear();
  }
};

/** Whether a person at a terminal agrees to the plan; true where there is nothing to agree to. */
const agree = async (context: Context, options: Options): Promise<'go' | 'nothing' | 'no'> => {
  const { ask, signal } = context.deps;
  if (options.yes === true || context.json || context.width === null || ask === undefined)
    return 'go';
  const plan = await dryRun(context, options);
  const affected = showPlan(context, plan.services, options);
  if (affected.length === 0) return 'nothing';
  const answer = await ask(`Redeploy ${affected.length} of them now? [y/N] `, signal);
  return /^\s*y(?:es)?\s*$/i.test(answer) ? 'go' : 'no';
};

export const addSmartRedeploy: AddCommand = (program, act) => {
  const command = program
    .command('smart-redeploy')
    .description('check services against their registries and redeploy those that are obsolete')
    .option('--cluster <name>', 'only this cluster')
    .option('--service <glob>', 'only services of such a name; may be given several times', collect)
    .option('--stack <glob>', 'only such stacks; may be given several times', collect)
    .option('--image <glob>', 'only such images; may be given several times', collect)
    .option('--dry-run', 'only say what would be done')
    .option('--pin', 'also services whose spec has no digest, which cannot be compared')
    .option('--yes', 'do not ask')
    .option('--wait', 'until every deployment has ended, telling each step')
    .option('--engine <url>', 'with --dry-run: look at this Docker Engine without any helper');
  withHelp(command, {
    more: `On a terminal the plan is shown and asked about first; elsewhere, and with --yes, it is not.
Exit status with --wait: 1 where a deployment failed, 3 where something is unknown.`,
    json: 'Run; with --wait Run and its "deployments"; with --engine {"services": [Service]}',
    examples: [
      'cd-helper smart-redeploy --dry-run',
      "cd-helper smart-redeploy --stack 'shop*' --wait",
      'cd-helper smart-redeploy --dry-run --engine unix:///var/run/docker.sock',
    ],
  }).action(
    act(async (context, options: Options) => {
      if (options.engine !== undefined) return dryRunAtEngine(context, options.engine, options);
      if (options.dryRun === true) {
        const run = await dryRun(context, options);
        if (context.json) context.printJson(run);
        else showPlan(context, run.services, options);
        if (run.reason !== null) context.note(run.reason);
        return run.state === 'failed' ? EXIT.failed : unknownIn(run.services);
      }
      const agreed = await agree(context, options);
      if (agreed === 'no') return EXIT.failed;
      if (agreed === 'nothing') return EXIT.well;
      const run = await context.api().post<RunView>(PATH, toRequest(options));
      if (options.wait === true) return waitForRun(context, run);
      if (context.json) context.printJson(run);
      else context.print(`run ${run.id} is under way: cd-helper runs ${run.id} --wait follows it`);
      return EXIT.well;
    }),
  );
};
