import pLimit from 'p-limit';
import type { ClusterView, DeploymentView, ServiceView } from '../../core/contract/views.ts';
import { printable } from '../output/cell-text.ts';
import type { Context } from '../client/context.ts';
import { downClusters } from '../output/down-clusters.ts';
import { EXIT, wrongUse } from '../terminal/exit-status.ts';
import { composeOverride } from '../export/compose-override.ts';
import { mayRunAnother, runningImage } from '../export/running-images.ts';
import { requireNames } from '../find/names.ts';
import type { AddCommand } from './add-command.ts';
import { readList } from '../client/read-list.ts';
import { withHelp } from '../terminal/with-help.ts';

const CONCURRENCY = 8;

type Options = {
  readonly cluster?: string;
  readonly stack?: string;
  readonly compose?: string;
};

/** The newest deployment of a service, if its tasks may still run the image from before it. */
const readLast = async (context: Context, service: ServiceView): Promise<DeploymentView | null> =>
  mayRunAnother(service)
    ? context.api().get<DeploymentView>(`/api/v1/deployments/${service.deployment ?? ''}`)
    : null;

export const addExport: AddCommand = (program, act) => {
  const command = program
    .command('export')
    .description('print a compose override with the tags and digests that run')
    .option('--stack <name>', 'only this stack; without it, one document for each')
    .option('--cluster <name>', 'only this cluster')
    .option('--compose <version>', 'write this `version`; it must match the stack file');
  withHelp(command, {
    more: `If a stack file names an older tag than the running one, deploying it brings the old tag back.
The override prevents this: deploy both files, or copy the images. The docker command accepts two files
only if both have the same version, or neither has one.`,
    json: '{"items": [{"cluster", "stack", "service", "image", "tag", "digest"}]}',
    examples: [
      'cd-helper export --stack shop > shop.running.yml',
      'docker stack deploy -c shop.yml -c shop.running.yml shop',
    ],
  }).action(
    act(async (context, { cluster, stack, compose }: Options) => {
      if (compose !== undefined && !/^\d+(?:\.\d+)?$/.test(compose)) {
        throw wrongUse(`--compose ${compose} is not a version`, 'expected one such as 3.8');
      }
      const api = context.api();
      const stacks = stack === undefined ? [] : [stack];
      await requireNames(api, { cluster, stacks });
      const services = await readList<ServiceView>(api, '/api/v1/services', { cluster, stack });
      const limit = pLimit(CONCURRENCY);
      const read = await Promise.all(
        services.map((service) =>
          limit(async () => ({
            service,
            image: runningImage(service, await readLast(context, service)),
          })),
        ),
      );
      const images = read.flatMap(({ image }) => image ?? []);
      if (context.json) context.printJson({ items: images });
      else if (images.length > 0) {
        const at = new Date(context.deps.now()).toISOString();
        context.print(composeOverride(images, { at, version: compose ?? null }).trimEnd());
      } else context.note('nothing runs there');
      for (const { service, image } of read) {
        if (image === null) {
          context.note(
            printable(`${service.name} is left out: ${service.image} is not an image reference`),
          );
        }
      }
      const down = downClusters(await readList<ClusterView>(api, '/api/v1/clusters', {}), cluster);
      for (const line of down) context.note(line);
      const isWhole = down.length === 0 && images.every(({ digest }) => digest !== null);
      return isWhole ? EXIT.well : EXIT.unknown;
    }),
  );
};
