import { randomUUID } from 'node:crypto';
import { Option } from 'commander';
import type { Config, HookSecret } from '../../../config/schema/config.ts';
import { parseDigest } from '../../../core/image/digest.ts';
import { type ImageReference, parseImageReference } from '../../../core/image/image-reference.ts';
import { createApiClient } from '../../client/api-client.ts';
import { printable } from '../../output/cell-text.ts';
import type { Context } from '../../client/context.ts';
import { CliFailure, EXIT, wrongUse } from '../../terminal/exit-status.ts';
import { hookPath } from '../../find/hook-path.ts';
import { noSuch } from '../../find/names.ts';
import { durationValue } from '../../terminal/option-values.ts';
import { createSecretClient } from '../../client/outcome-client.ts';
import {
  tellEnd,
  USUAL_TIMEOUT_MS,
  type Waiting,
  waitForOutcome,
} from '../../wait/wait-for-outcome.ts';
import type { AddCommand } from '../add-command.ts';
import { withHelp } from '../../terminal/with-help.ts';
import { SAMPLE_SENDERS, sampleHook } from '../../samples/sample-hook.ts';

type Options = {
  readonly sender: string;
  readonly image: string;
  readonly digest?: string;
  readonly secret?: string;
  /** A time, or true without a value. */
  readonly wait?: number | true;
};

type HookAnswer = {
  readonly delivery: string;
  readonly pushes: readonly { readonly image: string; readonly digest?: string }[];
  readonly ignored: readonly { readonly reason: string; readonly about?: string }[];
};

const readImage = ({
  image: text,
  digest: digestText,
}: Options): ImageReference & { tag: string } => {
  const parsed = parseImageReference(text);
  if (!parsed.ok) throw wrongUse(`${JSON.stringify(text)} is no image: ${parsed.problem}`);
  const { tag } = parsed.image;
  if (tag === null) throw wrongUse('the image needs a tag');
  const digest = digestText === undefined ? parsed.image.digest : parseDigest(digestText);
  if (digestText !== undefined && digest === null) throw wrongUse('--digest is not a digest');
  return { ...parsed.image, tag, digest };
};

const chooseSecret = ({ hooks }: Config, { secret, sender }: Options): HookSecret => {
  const names = hooks.secrets.map(({ name }) => name);
  if (secret !== undefined && names.length > 0 && !names.includes(secret)) {
    throw noSuch('hook secret', secret, names, `there are: ${names.join(', ')}`);
  }
  const fitting = hooks.secrets.filter(
    ({ name, senders, oidc }) =>
      oidc === null &&
      (secret === undefined || name === secret) &&
      (senders === null || senders.includes(sender)),
  );
  const [chosen] = fitting;
  if (chosen === undefined) {
    throw wrongUse(
      `no hook secret for ${sender} is known`,
      'set CD_HELPER_HOOK_SECRET to the secret of that helper, or pass its configuration with --config',
    );
  }
  return chosen;
};

const tellAnswer = ({ print }: Context, answer: HookAnswer): void => {
  print(printable(`delivery ${answer.delivery}`));
  for (const { image, digest } of answer.pushes) {
    print(printable(`  pushed   ${image}${digest === undefined ? '' : `@${digest}`}`));
  }
  for (const { reason, about } of answer.ignored) {
    print(printable(`  ignored  ${reason}${about === undefined ? '' : `: ${about}`}`));
  }
};

const waitForAnswer = async (
  context: Context,
  answer: HookAnswer,
  secret: HookSecret,
  wait: number | true,
): Promise<number> => {
  const { delivery, pushes } = answer;
  if (pushes.length === 0)
    throw new CliFailure('it contains no push: there is nothing to wait for');
  const waiting: Waiting = {
    query: { delivery },
    about: pushes.map(({ image }) => image).join(', '),
    client: createSecretClient(context, secret.value),
    timeoutMs: wait === true ? USUAL_TIMEOUT_MS : wait,
    throughGates: false,
    allowNone: false,
  };
  const waited = await waitForOutcome(context, waiting);
  if (context.json) context.printJson({ ...answer, outcome: waited.view });
  else tellEnd(context, waited, waiting);
  return waited.status;
};

export const addHookSend: AddCommand = (hook, act) => {
  const command = hook
    .command('send')
    .description('send a test webhook, as a sender would after a push')
    .addOption(new Option('--sender <name>', 'as whom').choices(SAMPLE_SENDERS).default('generic'))
    .requiredOption('--image <image>', 'repository and tag, such as docker.io/acme/app:v1')
    .option('--digest <digest>', 'digest that was pushed; Docker Hub sends none')
    .option('--secret <name>', 'name of the hook secret to use')
    .option(
      '--wait [duration]',
      'wait until every deployment that it caused has ended, at most this long (10m)',
      durationValue,
    );
  withHelp(command, {
    more: 'Exit status with --wait: as for wait.',
    json: 'HookAnswer; with --wait HookAnswer and its "outcome"',
    examples: [
      'cd-helper hook send --image docker.io/acme/app:v1',
      'cd-helper hook send --sender docker-hub --image docker.io/acme/app:v1',
      'cd-helper hook send --image docker.io/acme/app:v1 --wait 5m',
    ],
  }).action(
    act(async (context, options: Options) => {
      const image = readImage(options);
      const { deps, json, printJson } = context;
      const hookToSend = sampleHook(options.sender, image, randomUUID(), new Date(deps.now()));
      if (hookToSend === null) {
        throw wrongUse(`${options.sender} has no images of ${image.registry}`);
      }
      const secret = chooseSecret(context.config(), options);
      const { url } = context.client();
      const client = createApiClient({
        url,
        token: null,
        shows: 'hook secret',
        signal: deps.signal,
      });
      const { body, ...how } = hookToSend;
      const answer = await client.post<HookAnswer>(hookPath(secret), body, how);
      if (json && options.wait === undefined) {
        printJson(answer);
        return EXIT.well;
      }
      if (!json) tellAnswer(context, answer);
      return options.wait === undefined
        ? EXIT.well
        : waitForAnswer(context, answer, secret, options.wait);
    }),
  );
};
