import type { DeploymentView, ServiceView } from '../../core/views.ts';
import type { Context } from '../context.ts';
import { deploymentLine, isFailure } from '../deployment-lines.ts';
import { EXIT } from '../exit-status.ts';
import { findService, servicePath } from '../find-service.ts';
import { followDeployments } from '../follow-deployments.ts';
import type { AddCommand } from '../program.ts';
import { serviceLines } from '../service-table.ts';

type Options = {
  readonly cluster?: string;
  readonly force?: true;
  readonly to?: string;
  readonly wait?: true;
};

/** Starts a deployment and, if asked to, waits for its end. */
const deploy = async (
  context: Context,
  name: string,
  options: Options,
  act: string,
  body: unknown,
): Promise<number> => {
  const api = context.api();
  const service = await findService(api, name, options.cluster);
  const started = await api.post<DeploymentView>(`${servicePath(service)}/${act}`, body);
  if (options.wait !== true) {
    if (context.json) context.printJson(started);
    else context.print(deploymentLine(context, started), `deployment ${started.id}`);
    return EXIT.well;
  }
  const ended = await followDeployments(context, {
    read: async () => [
      await api.get<DeploymentView>(`/api/v1/deployments/${encodeURIComponent(started.id)}`),
    ],
    isComplete: () => true,
  });
  if (context.json) for (const deployment of ended) context.printJson(deployment);
  return ended.some(isFailure) ? EXIT.failed : EXIT.well;
};

export const addServiceActs: AddCommand = (program, act) => {
  program
    .command('redeploy')
    .description('deploy what is published for one service')
    .argument('<service>', 'its name or id')
    .option('--cluster <name>', 'where several clusters have it')
    .option('--force', 'although nothing differs')
    .option('--wait', 'until the deployment has ended')
    .action(
      act(async (context, name: string, options: Options) =>
        deploy(context, name, options, 'redeploy', { force: options.force === true }),
      ),
    );
  program
    .command('rollback')
    .description('take one service back to what it ran before; the present digest is held')
    .argument('<service>', 'its name or id')
    .option('--cluster <name>', 'where several clusters have it')
    .option('--to <digest>', 'to this digest, or its beginning, or so many steps back')
    .option('--wait', 'until the deployment has ended')
    .action(
      act(async (context, name: string, options: Options) =>
        deploy(context, name, options, 'rollback', { to: options.to ?? null }),
      ),
    );
  program
    .command('release')
    .description('lift the holds of one service')
    .argument('<service>', 'its name or id')
    .option('--cluster <name>', 'where several clusters have it')
    .action(
      act(async (context, name: string, options: Options) => {
        const api = context.api();
        const service = await findService(api, name, options.cluster);
        const released = await api.post<ServiceView>(`${servicePath(service)}/release`);
        if (context.json) context.printJson(released);
        else context.print(...serviceLines(context, [released]));
        return EXIT.well;
      }),
    );
};
