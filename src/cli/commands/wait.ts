import { parseDigest } from '../../core/image/digest.ts';
import { parseImageReference } from '../../core/image/image-reference.ts';
import { wrongUse } from '../terminal/exit-status.ts';
import { collect, durationValue } from '../terminal/option-values.ts';
import { createOutcomeClient } from '../client/outcome-client.ts';
import {
  tellEnd,
  USUAL_TIMEOUT_MS,
  type Waiting,
  waitForOutcome,
} from '../wait/wait-for-outcome.ts';
import type { AddCommand } from './add-command.ts';
import { withHelp } from '../terminal/with-help.ts';

type Options = {
  readonly image?: string;
  readonly digest?: string;
  readonly delivery?: string;
  readonly cluster?: readonly string[];
  readonly timeout: number;
  readonly allowNone?: true;
  readonly throughGates?: true;
  readonly secret?: string;
};

type Asked = Pick<Waiting, 'query' | 'about'>;

const readAsked = ({ image, digest, delivery, cluster }: Options): Asked => {
  if ((image === undefined) === (delivery === undefined)) {
    throw wrongUse('give either --image or --delivery', 'cd-helper wait --help shows examples');
  }
  if (delivery !== undefined) {
    if (digest !== undefined) throw wrongUse('--digest goes with --image, not with --delivery');
    return { query: { delivery, cluster }, about: `delivery ${delivery}` };
  }
  const parsed = parseImageReference(image ?? '');
  if (!parsed.ok) throw wrongUse(`${JSON.stringify(image)} is no image: ${parsed.problem}`);
  if (digest !== undefined && parseDigest(digest) === null) {
    throw wrongUse('--digest is not a digest', 'it is sha256: and 64 hexadecimal digits');
  }
  // The image exactly as given: the hook secret may define the registry for names without one.
  return { query: { image, digest, cluster }, about: image ?? '' };
};

export const addWait: AddCommand = (program, act) => {
  const command = program
    .command('wait')
    .description('wait until every deployment that a push caused has ended; for CI')
    .option('--image <image>', 'repository and tag that were pushed, such as docker.io/acme/app:v1')
    .option('--digest <digest>', 'digest that was pushed; without it, the newest push or the next')
    .option('--delivery <id>', 'instead of the image: the id in the answer to a webhook')
    .option('--cluster <name>', 'only this cluster; can be repeated', collect)
    .option('--timeout <duration>', 'maximum time to wait', durationValue, USUAL_TIMEOUT_MS)
    .option('--allow-none', 'succeed even if no service uses the image')
    .option('--through-gates', 'keep waiting while there is a freeze or a gate is closed')
    .option('--secret <secret>', 'hook secret, or its name in the configuration of this machine');
  withHelp(command, {
    more: `It needs a hook secret (--secret, or rather CD_HELPER_HOOK_SECRET) or an API token. It starts before the
webhook arrives or after everything has ended, and continues after a restart of the helper.

Exit status: 0 everything that uses the image runs it; 1 something failed, was rolled back or is held, or no
service uses the image; 3 the time was over, or something could not be determined; 4 waiting at a gate or a freeze.`,
    json: 'Outcome, as it was last',
    examples: [
      'cd-helper wait --image docker.io/acme/app:v1 --digest "$DIGEST"',
      'cd-helper wait --image docker.io/acme/app:v1 --cluster production --timeout 5m --json',
      'cd-helper wait --delivery 01a20809-fff4-7000-afe5-6a1b2c3d4e5f',
    ],
  }).action(
    act(async (context, options: Options) => {
      const waiting: Waiting = {
        ...readAsked(options),
        client: createOutcomeClient(context, options.secret),
        timeoutMs: options.timeout,
        throughGates: options.throughGates === true,
        allowNone: options.allowNone === true,
      };
      const waited = await waitForOutcome(context, waiting);
      if (context.json) context.printJson(waited.view);
      else tellEnd(context, waited, waiting);
      return waited.status;
    }),
  );
};
