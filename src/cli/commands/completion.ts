import { Argument } from 'commander';
import type {
  ClusterView,
  DeploymentView,
  FreezeView,
  Page,
  ServiceView,
} from '../../core/contract/views.ts';
import type { DeliveryView } from '../../core/contract/delivery-views.ts';
import type { RunSummary } from '../../core/contract/run-views.ts';
import { createApiClient } from '../client/api-client.ts';
import { printable } from '../output/cell-text.ts';
import { complete, type Known } from '../completion/complete.ts';
import { COMPLETION_SCRIPTS, SHELLS } from '../completion/completion-scripts.ts';
import type { Context } from '../client/context.ts';
import { EXIT } from '../terminal/exit-status.ts';
import type { AddCommand } from './add-command.ts';
import { withHelp } from '../terminal/with-help.ts';

/** Short, because a person waits at the prompt. */
const DEADLINE_MS = 2_000;
const PAGE = 500;
/** Nobody searches through more ids than this. */
const NEWEST = 20;

/** Names from the helper, or none if it does not answer: a prompt must not show errors. */
const knownTo = (context: Context): Known => {
  const items = async <T>(path: string, limit = PAGE): Promise<readonly T[]> => {
    try {
      const signal = AbortSignal.any([context.deps.signal, AbortSignal.timeout(DEADLINE_MS)]);
      const api = createApiClient({ ...context.client(), signal });
      return (await api.get<Page<T>>(`/api/v1/${path}`, { limit })).items;
    } catch {
      return [];
    }
  };
  return {
    services: () => items<ServiceView>('services'),
    clusters: async () => (await items<ClusterView>('clusters')).map(({ name }) => name),
    freezes: () => items<FreezeView>('freezes'),
    deployments: () => items<DeploymentView>('deployments', NEWEST),
    deliveries: () => items<DeliveryView>('deliveries', NEWEST),
    runs: () => items<RunSummary>('runs', NEWEST),
  };
};

export const addCompletion: AddCommand = (program, act) => {
  const command = program
    .command('completion')
    .description(
      'print a script with which a shell completes commands, options, services, clusters and ids',
    )
    .addArgument(new Argument('<shell>', 'which one').choices(SHELLS));
  withHelp(command, {
    more: 'Services, stacks and clusters come from the helper that you signed in to, or that a variable names.',
    json: 'the script as well',
    examples: [
      'cd-helper completion bash > /etc/bash_completion.d/cd-helper',
      "cd-helper completion zsh > '/usr/local/share/zsh/site-functions/_cd-helper'",
      'cd-helper completion fish > ~/.config/fish/completions/cd-helper.fish',
    ],
  }).action(
    act(async (context, shell: keyof typeof COMPLETION_SCRIPTS) => {
      context.deps.stdout.write(COMPLETION_SCRIPTS[shell]);
      return EXIT.well;
    }),
  );
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action(
      act(async (context, words: readonly string[]) => {
        const found = await complete(program, words, knownTo(context));
        context.print(
          ...found.map(({ value, about }) => `${printable(value)}\t${printable(about)}`.trimEnd()),
        );
        return EXIT.well;
      }),
    );
};
