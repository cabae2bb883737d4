import { alsoHeldWords } from '../../core/story/also-held-words.ts';
import type { DeploymentView, Page, ServiceView, VerdictName } from '../../core/contract/views.ts';
import type { ApiClient } from '../client/api-client.ts';
import type { Context } from '../client/context.ts';
import { deploymentLine } from '../show/deployment-line.ts';
import { isFinal } from '../../core/contract/final-state.ts';
import { CliFailure, EXIT } from '../terminal/exit-status.ts';
import { findService, servicePath } from '../find/find-service.ts';
import { followDeployments } from '../wait/follow-deployments.ts';
import type { AddCommand } from './add-command.ts';
import { serviceLines } from '../show/service-table.ts';
import { withHelp } from '../terminal/with-help.ts';

type Options = {
  readonly cluster?: string;
  readonly force?: true;
  readonly skipGates?: true;
  readonly reason?: string;
  readonly to?: string;
  readonly wait?: true;
};

const DEPLOYMENT = 'Deployment, with --wait as it ended';

const PATH = '/api/v1/deployments';

/** The newest deployment of a service; null if it has none. */
const newestOf = async (
  api: ApiClient,
  { cluster, id }: ServiceView,
): Promise<DeploymentView | null> => {
  const query = { cluster, service: id, limit: 1 };
  const { items } = await api.get<Page<DeploymentView>>(PATH, query);
  return items[0] ?? null;
};

/** Ends after which another deployment continues. */
const goesOn = ({ state, reason }: DeploymentView): boolean =>
  state === 'superseded' || (state === 'skipped' && reason === 'no-longer-published');

/** Follows a deployment, and those that replace it, to the end. */
const followToEnd = async (
  context: Context,
  service: ServiceView,
  started: DeploymentView,
): Promise<number> => {
  const api = context.api();
  const [ended] = await followDeployments(context, {
    read: async () => [await api.get<DeploymentView>(`${PATH}/${encodeURIComponent(started.id)}`)],
    isComplete: () => true,
  }).catch((error: unknown) => {
    if (context.deps.signal.aborted) {
      context.note(`it continues in the background: cd-helper deployments ${started.id}`);
    }
    throw error;
  });
  if (ended === undefined) return EXIT.unknown;
  const next = goesOn(ended) ? await newestOf(api, service) : null;
  if (next !== null && next.id > ended.id) return followToEnd(context, service, next);
  if (context.json) context.printJson(ended);
  if (goesOn(ended)) return EXIT.unknown;
  const isWell =
    ended.state === 'succeeded' ||
    (ended.state === 'skipped' && ended.reason === 'already-current');
  return isWell ? EXIT.well : EXIT.failed;
};

/** Refusals of a redeploy that describe the service's state. */
const STANDS: readonly (string | null)[] = ['conflict', 'held'];

/** Exit status for a service with nothing to deploy. For any other verdict the result is unknown. */
const STATUS_OF_STANDING: Partial<Record<VerdictName, number>> = {
  current: EXIT.well,
  held: EXIT.failed,
  pinned: EXIT.failed,
  excluded: EXIT.failed,
  waiting: EXIT.unknown,
};

/** Nothing was started: shows the state of the service, or follows the deployment in progress. */
const waitForPresent = async (
  context: Context,
  service: ServiceView,
  refused: CliFailure,
): Promise<number> => {
  const api = context.api();
  const newest = await newestOf(api, service);
  if (newest !== null && !isFinal(newest)) return followToEnd(context, service, newest);
  const now = await api.get<ServiceView>(servicePath(service));
  if (context.json) context.printJson(now);
  else context.note(refused.message);
  return STATUS_OF_STANDING[now.verdict] ?? EXIT.unknown;
};

/** Starts a deployment and, if asked to, waits for its end. */
const deploy = async (
  context: Context,
  name: string,
  options: Options,
  { act, body }: { readonly act: 'redeploy' | 'rollback'; readonly body: unknown },
): Promise<number> => {
  const api = context.api();
  const service = await findService(api, name, options.cluster);
  let started: DeploymentView;
  try {
    started = await api.post<DeploymentView>(`${servicePath(service)}/${act}`, body);
  } catch (error) {
    const isWaitedFor = options.wait === true && act === 'redeploy';
    const stands = error instanceof CliFailure && STANDS.includes(error.code);
    if (!isWaitedFor || !stands) throw error;
    return waitForPresent(context, service, error);
  }
  const left = alsoHeldWords(started);
  if (left !== '' && !context.json) {
    context.note(`${left}; cd-helper release ${service.name} lifts the holds`);
  }
  if (options.wait === true) return followToEnd(context, service, started);
  if (context.json) context.printJson(started);
  else {
    context.print(deploymentLine(context, started));
    context.note(`cd-helper deployments ${started.id} shows the result; --wait waits for it`);
  }
  return EXIT.well;
};

const redeployBody = ({ force, skipGates, reason }: Options) => {
  if ((skipGates === true) !== (reason !== undefined)) {
    const text = '--skip-gates and --reason go together: --skip-gates --reason TEXT';
    throw new CliFailure(text, { status: EXIT.wrongUse });
  }
  return {
    force: force === true,
    ...(reason === undefined ? {} : { skipGates: true, reason }),
  };
};

export const addServiceActs: AddCommand = (program, act) => {
  const redeploy = program
    .command('redeploy')
    .description('deploy what is published for one service')
    .argument('<service>', 'its name or id')
    .option('--cluster <name>', 'required if several clusters have it')
    .option('--force', 'even if nothing differs or the image is held')
    .option(
      '--skip-gates',
      'even if gates are closed; needs --reason, and is recorded and announced',
    )
    .option('--reason <text>', 'why the gates are skipped')
    .option('--wait', 'wait until the deployment has ended');
  withHelp(redeploy, {
    more: `--force overrides holds and freezes, but not gates.
With --wait, a deployment in progress is followed, and a service that is already current counts as success.
Exit status then: 0 it runs what is published; 1 it failed, or is held or frozen; 3 it could not be determined.`,
    json: `${DEPLOYMENT}, or Service if there was nothing to deploy`,
    examples: [
      'cd-helper redeploy web --wait',
      'cd-helper redeploy web --force',
      "cd-helper redeploy web --skip-gates --reason 'security fix'",
    ],
  }).action(
    act(async (context, name: string, options: Options) =>
      deploy(context, name, options, { act: 'redeploy', body: redeployBody(options) }),
    ),
  );
  const rollback = program
    .command('rollback')
    .description('roll one service back to its last good image; the present digest is held')
    .argument('<service>', 'its name or id')
    .option('--cluster <name>', 'required if several clusters have it')
    .option(
      '--to <digest>',
      'to this digest or its first digits, to a tag that it ran, or back by this number of good images',
    )
    .option('--force', 'even if that digest is held')
    .option('--wait', 'wait until the deployment has ended');
  withHelp(rollback, {
    more: `Goes to the newest good image that ran before the present one and is not held. If none is known, the error lists the
history, and --to selects one; a held digest also needs --force.
The service stays there until another digest is published, or until it is released. What is published already and would
have been deployed next is held as well, and the answer names it.`,
    json: DEPLOYMENT,
    examples: [
      'cd-helper rollback web --wait',
      'cd-helper rollback web --to 2',
      'cd-helper rollback web --to v1.3.0',
      'cd-helper rollback web --to sha256:2c26b46b68ff',
    ],
  }).action(
    act(async (context, name: string, options: Options) =>
      deploy(context, name, options, {
        act: 'rollback',
        body: { to: options.to ?? null, force: options.force === true },
      }),
    ),
  );
  const release = program
    .command('release')
    .description('lift the holds of one service')
    .argument('<service>', 'its name or id')
    .option('--cluster <name>', 'required if several clusters have it');
  withHelp(release, {
    more: 'The next push, SmartRedeploy or redeploy can then deploy what was held.',
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
