import { Command, CommanderError } from 'commander';
import type { CliDeps } from './terminal/cli-deps.ts';
import { addBackup } from './commands/store/backup.ts';
import { addCheckConfig } from './commands/check-config.ts';
import { addDeliveries } from './commands/deliveries.ts';
import { addDeployments } from './commands/deployments.ts';
import { addFreeze, addFreezes, addThaw } from './commands/freeze.ts';
import { addCompletion } from './commands/completion.ts';
import { addExport } from './commands/export.ts';
import { addInstances } from './commands/instances.ts';
import { addPolicies } from './commands/policies.ts';
import { addHistory } from './commands/history.ts';
import { addHook } from './commands/hook/hook.ts';
import { addProfile } from './commands/login.ts';
import { addNotify } from './commands/notify.ts';
import { addRuns } from './commands/runs.ts';
import { addRestore } from './commands/store/restore.ts';
import { addServe } from './commands/serve.ts';
import { addServiceActs } from './commands/service-acts.ts';
import { addSmartRedeploy } from './commands/smart-redeploy.ts';
import { addStatus } from './commands/status.ts';
import { addStore } from './commands/store/store.ts';
import { addWait } from './commands/wait.ts';
import { addApprove, addReject, addWaiting } from './commands/waiting.ts';
import { createContext, type GlobalOptions } from './client/context.ts';
import { CliFailure, EXIT } from './terminal/exit-status.ts';
import type { Act, AddCommand } from './commands/add-command.ts';

const GROUPS: readonly (readonly [title: string, commands: readonly AddCommand[]])[] = [
  [
    'Look:',
    [
      addStatus,
      addWaiting,
      addHistory,
      addDeployments,
      addDeliveries,
      addRuns,
      addFreezes,
      addExport,
      addInstances,
      addPolicies,
    ],
  ],
  ['Act:', [addSmartRedeploy, addServiceActs, addApprove, addReject, addWait, addFreeze, addThaw]],
  ['Keep:', [addBackup, addRestore, addStore]],
  ['Set up:', [addServe, addCheckConfig, addHook, addNotify, addProfile, addCompletion]],
];

/** The program with all its commands. `finish` receives the exit status of the command that ran. */
export const createProgram = (deps: CliDeps, finish: (status: number) => void): Command => {
  const program = new Command('cd-helper')
    .description('Redeploys Docker Swarm services when their images are pushed.')
    .version(deps.version)
    .option('--config <file>', 'YAML file with the configuration (CD_HELPER_CONFIG)')
    .option('--url <url>', 'address of the helper, base path included (CD_HELPER_URL)')
    .option(
      '--token <token>',
      'API token; others on this machine can see it, so prefer login or CD_HELPER_API_TOKEN',
    )
    .option('--json', 'print JSON')
    .option('--no-color', 'print without colours')
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError('add --help for the usage of this command')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => deps.stdout.write(text),
      writeErr: (text) => deps.stderr.write(text),
      getOutHelpWidth: () => deps.stdout.columns ?? 100,
      getErrHelpWidth: () => deps.stderr.columns ?? 100,
    })
    .addHelpText(
      'after',
      `
Exit status: 0 success, 1 something failed, 2 usage error, 3 could not be determined, 4 waiting (wait only).

Examples:
  cd-helper login --url https://cd.example.org
  cd-helper status web      # what runs, since when, by whom, is it the newest, how to roll back
  cd-helper rollback web --wait`,
    );
  const act: Act =
    (command) =>
    async (...args) => {
      const given = args.slice(0, -1) as never;
      const self = args.at(-1) as Command;
      const context = createContext(deps, self.optsWithGlobals<GlobalOptions>());
      finish(await command(context, ...given));
    };
  for (const [title, commands] of GROUPS) {
    program.commandsGroup(title);
    for (const add of commands) add(program, act);
  }
  program.helpCommand('help [command]', 'show the help of a command');
  return program;
};

/** Runs the command in `argv` (without program and script) and returns its exit status. */
export const runCommandLine = async (argv: readonly string[], deps: CliDeps): Promise<number> => {
  let status: number = EXIT.well;
  const program = createProgram(deps, (finished) => {
    status = finished;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return status;
  } catch (error) {
    // Commander has printed it. Requested help and version are not errors.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.well : EXIT.wrongUse;
    if (error instanceof CliFailure) {
      deps.stderr.write(`${error.message}\n${error.hint === null ? '' : `${error.hint}\n`}`);
      return error.status;
    }
    if (deps.signal.aborted) return EXIT.failed;
    throw error;
  }
};
