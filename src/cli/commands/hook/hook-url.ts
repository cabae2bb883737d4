import type { HookSecret } from '../../../config/schema/config.ts';
import { HOOK_PLACES } from '../../../core/contract/hook-places.ts';
import type { Context } from '../../client/context.ts';
import { CliFailure, EXIT } from '../../terminal/exit-status.ts';
import { hookPath } from '../../find/hook-path.ts';
import { requireKnownSender } from '../../find/known-sender.ts';
import type { AddCommand } from '../add-command.ts';
import { withHelp } from '../../terminal/with-help.ts';

const MAKE_ONE =
  'run this where the configuration of the helper is, such as in its container; or generate one with openssl rand -hex 24 and set CD_HELPER_HOOK_SECRET';

const allows = (secret: HookSecret, sender: string): boolean =>
  secret.senders === null || secret.senders.includes(sender);

const use = ({ oidc }: HookSecret): string =>
  oidc === null
    ? 'anyone who knows the address can use it'
    : `used with a token for ${oidc.email}, audience ${oidc.audience}`;

const show = (
  context: Context,
  secrets: readonly HookSecret[],
  base: string,
  wanted: string | undefined,
): void => {
  const { colours, deps, print } = context;
  const all = deps.sources.senders ?? HOOK_PLACES.map(({ sender }) => sender);
  const known = all.filter((sender) => wanted === undefined || sender === wanted);
  for (const secret of secrets) {
    const address = `${base}${hookPath(secret)}`;
    print(colours.bold(address), `  secret ${secret.name}; ${use(secret)}`);
    if (known.includes('generic') && allows(secret, 'generic') && secret.oidc === null) {
      const body = `'{"image":"docker.io/acme/app:v1"}'`;
      print(`  curl -fsS -H 'content-type: application/json' -d ${body} '${address}'`);
    }
    for (const { sender, place } of HOOK_PLACES) {
      if (known.includes(sender) && allows(secret, sender))
        print(`  ${sender.padEnd(24)}  ${place}`);
    }
    print('');
  }
};

export const addHookUrl: AddCommand = (hook, act) => {
  const command = hook
    .command('url')
    .description('print the addresses to paste at each sender; they contain the secrets')
    .option('--sender <name>', 'only for this sender');
  withHelp(command, {
    more: 'It reads the configuration of this machine, because only that contains the secrets.',
    json: '{"items": [{"secret", "senders", "url"}]}',
    examples: ['cd-helper hook url', 'cd-helper hook url --sender docker-hub'],
  }).action(
    act(async (context, { sender }: { sender?: string }) => {
      if (sender !== undefined) requireKnownSender(sender, context.deps.sources.senders);
      const config = context.config();
      const all = config.hooks.secrets;
      const secrets = sender === undefined ? all : all.filter((one) => allows(one, sender));
      if (secrets.length === 0) {
        throw new CliFailure('no hook secret applies to it: its webhooks are refused', {
          hint: MAKE_ONE,
        });
      }
      const settings = context.client();
      const base = settings.isGuess && config.publicUrl !== null ? config.publicUrl : settings.url;
      if (context.json) {
        const items = secrets.map((secret) => ({
          secret: secret.name,
          senders: secret.senders,
          url: `${base}${hookPath(secret)}`,
        }));
        context.printJson({ items });
        return EXIT.well;
      }
      show(context, secrets, base, sender);
      if (settings.isGuess && config.publicUrl === null) {
        context.note(
          'This is the address on this machine: set publicUrl (CD_HELPER_PUBLIC_URL) to the one that senders reach.',
        );
      }
      return EXIT.well;
    }),
  );
};
