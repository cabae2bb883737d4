import type { ClusterView, ServiceView } from '../../core/views.ts';
import { printable } from '../cell-text.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-status.ts';
import { matchesPattern } from '../matches-pattern.ts';
import type { AddCommand } from '../program.ts';
import { readList } from '../read-list.ts';
import { countServices, serviceLines } from '../service-table.ts';

type Options = {
  readonly engine?: string;
  readonly cluster?: string;
  readonly stack?: string;
  readonly verdict?: string;
};

const keeps =
  (pattern: string | undefined, { cluster, stack, verdict }: Options) =>
  (service: ServiceView): boolean =>
    (pattern === undefined || matchesPattern(service, pattern)) &&
    (cluster === undefined || service.cluster === cluster) &&
    (stack === undefined || service.stack === stack) &&
    (verdict === undefined || service.verdict === verdict);

/** Says which clusters did not answer, since their services are missing from the list. */
const tellUnreached = async (context: Context, { cluster }: Options): Promise<boolean> => {
  const clusters = await readList<ClusterView>(context.api(), '/api/v1/clusters', {});
  const down = clusters.filter(
    ({ name, state }) => state === 'down' && (cluster === undefined || cluster === name),
  );
  for (const { name, problem } of down) {
    const why = (problem ?? 'no reason known').replace(`cluster ${name}: `, '');
    context.note(printable(`cluster ${name} is down: ${why}`));
  }
  return down.length === 0;
};

export const addStatus: AddCommand = (program, act) => {
  program
    .command('status')
    .description('show services and how they stand against what is published')
    .argument('[pattern]', 'part of a name, stack or image; * stands for anything')
    .option('--engine <url>', 'look at this Docker Engine without any helper; changes nothing')
    .option('--cluster <name>', 'only this cluster')
    .option('--stack <name>', 'only this stack')
    .option('--verdict <verdict>', 'only this verdict, such as obsolete')
    .addHelpText(
      'after',
      `
Examples:
  cd-helper status
  cd-helper status 'web*' --verdict obsolete
  cd-helper status --engine unix:///var/run/docker.sock`,
    )
    .action(
      act(async (context, pattern: string | undefined, options: Options) => {
        const { deps, json, print, printJson } = context;
        const all =
          options.engine === undefined
            ? await readList<ServiceView>(context.api(), '/api/v1/services', {})
            : await deps.inspectEngine(options.engine, deps.signal);
        const services = all.filter(keeps(pattern, options));
        if (json) printJson({ items: services });
        else {
          print(...serviceLines(context, services));
          if (context.width !== null) print('', countServices(services));
        }
        const areAllReached =
          options.engine !== undefined || (await tellUnreached(context, options));
        const areAllKnown = services.every(({ verdict }) => verdict !== 'unknown');
        return areAllReached && areAllKnown ? EXIT.well : EXIT.unknown;
      }),
    );
};
