import { randomUUID } from 'node:crypto';
import { Option } from 'commander';
import type { Config, HookSecret } from '../../config/config.ts';
import { parseDigest } from '../../core/digest.ts';
import { type ImageReference, parseImageReference } from '../../core/image-reference.ts';
import { createApiClient } from '../api-client.ts';
import { printable } from '../cell-text.ts';
import { EXIT, wrongUse } from '../exit-status.ts';
import { hookPath } from '../hook-path.ts';
import type { AddCommand } from '../program.ts';
import { withHelp } from '../with-help.ts';
import { SAMPLE_SENDERS, sampleHook } from '../sample-hook.ts';

type Options = {
  readonly sender: string;
  readonly image: string;
  readonly digest?: string;
  readonly secret?: string;
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
  if (tag === null) throw wrongUse('the image needs a tag: only a tag can be pushed to');
  const digest = digestText === undefined ? parsed.image.digest : parseDigest(digestText);
  if (digestText !== undefined && digest === null) throw wrongUse('--digest is no digest');
  return { ...parsed.image, tag, digest };
};

const chooseSecret = ({ hooks }: Config, { secret, sender }: Options): HookSecret => {
  const fitting = hooks.secrets.filter(
    ({ name, senders, oidc }) =>
      oidc === null &&
      (secret === undefined || name === secret) &&
      (senders === null || senders.includes(sender)),
  );
  const [chosen] = fitting;
  if (chosen === undefined) {
    throw wrongUse(
      `no hook secret is known that lets ${sender} in`,
      'give the one of that helper as CD_HELPER_HOOK_SECRET, or its configuration by --config',
    );
  }
  return chosen;
};

export const addHookSend: AddCommand = (hook, act) => {
  const command = hook
    .command('send')
    .description('send a helper what a sender would when an image is pushed')
    .addOption(new Option('--sender <name>', 'as whom').choices(SAMPLE_SENDERS).default('generic'))
    .requiredOption('--image <image>', 'repository and tag, such as docker.io/acme/app:v1')
    .option('--digest <digest>', 'digest that was pushed; Docker Hub names none')
    .option('--secret <name>', 'name of the hook secret to use');
  withHelp(command, {
    json: 'HookAnswer',
    examples: [
      'cd-helper hook send --image docker.io/acme/app:v1',
      'cd-helper hook send --sender docker-hub --image docker.io/acme/app:v1',
    ],
  }).action(
    act(async (context, options: Options) => {
      const image = readImage(options);
      const { deps, json, print, printJson } = context;
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
      if (json) {
        printJson(answer);
        return EXIT.well;
      }
      print(printable(`delivery ${answer.delivery}`));
      for (const push of answer.pushes) {
        print(
          printable(
            `  pushed   ${push.image}${push.digest === undefined ? '' : `@${push.digest}`}`,
          ),
        );
      }
      for (const { reason, about } of answer.ignored) {
        print(printable(`  ignored  ${reason}${about === undefined ? '' : `: ${about}`}`));
      }
      return EXIT.well;
    }),
  );
};
