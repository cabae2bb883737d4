import type { DeploymentView, ServiceView } from '../../core/views.ts';
import type { Context } from '../context.ts';
import { deploymentLine } from '../deployment-line.ts';
import { isFailure } from '../deployment-states.ts';
import { EXIT } from '../exit-status.ts';
import { findService, servicePath } from '../find-service.ts';
import { followDeployments } from '../follow-deployments.ts';
import type { AddCommand } from '../program.ts';
import { serviceLines } from '../service-table.ts';
import { withHelp } from '../with-help.ts';

type Options = {
  readonly cluster?: string;
  readonly force?: true;
  readonly to?: string;
  readonly wait?: true;
};

const DEPLOYMENT = 'Deployment, with --wait as it ended';

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
    else {
      context.print(deploymentLine(context, started));
      context.note(`cd-helper deployments ${started.id} tells how it went; --wait waits for it`);
    }
    return EXIT.well;
  }
  const ended = await followDeployments(context, {
    read: async () => [
      await api.get<DeploymentView>(`/api/v1/deployments/${encodeURIComponent(started.id)}`),
    ],
    isComplete: () => true,
  }).catch((error: unknown) => {
    if (context.deps.signal.aborted) {
      context.note(`it goes on without you: cd-helper deployments ${started.id}`);
    }
    throw error;
  });
  if (context.json) for (const deployment of ended) context.printJson(deployment);
  return ended.some(isFailure) ? EXIT.failed : EXIT.well;
};

export const addServiceActs: AddCommand = (program, act) => {
  const redeploy = program
    .command('redeploy')
    .description('deploy what is published for one service')
    .argument('<service>', 'its name or id')
    .option('--cluster <name>', 'where several clusters have it')
    .option('--force', 'although nothing differs, or although it is held')
    .option('--wait', 'until the deployment has ended');
  withHelp(redeploy, {
    json: DEPLOYMENT,
    examples: ['cd-helper redeploy web --wait', 'cd-helper redeploy web --force'],
  }).action(
    act(async (context, name: string, options: Options) =>
      deploy(context, name, options, 'redeploy', { force: options.force === true }),
    ),
  );
  const rollback = program
    .command('rollback')
    .description('take one service back to what it ran before; the present digest is held')
    .argument('<service>', 'its name or id')
    .option('--cluster <name>', 'where several clusters have it')
    .option('--to <digest>', 'to this digest, or its beginning, or so many steps back')
    .option('--wait', 'until the deployment has ended');
  withHelp(rollback, {
    more: 'It stays there until another digest is published, or until it is released.',
    json: DEPLOYMENT,
    examples: [
      'cd-helper rollback web --wait',
      'cd-helper rollback web --to 2',
      'cd-helper rollback web --to sha256:2c26b46b68ff',
    ],
  }).action(
    act(async (context, name: string, options: Options) =>
      deploy(context, name, options, 'rollback', { to: options.to ?? null }),
    ),
  );
  const release = program
    .command('release')
    .description('lift the holds of one service')
    .argument('<service>', 'its name or id')
    .option('--cluster <name>', 'where several clusters have it');
  withHelp(release, {
    more: 'What was held is deployed by the next push or SmartRedeploy, or by redeploy.',
    json: 'Service',
    examples: ['cd-helper release web'],
  }).action(
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
