import type { CliDeps } from '../cli/terminal/cli-deps.ts';
import { createSecret } from '../core/secret.ts';
import { createIntake } from '../intake/intake.ts';
import type { Sender } from '../intake/sender.ts';
import { SENDERS } from '../intake/senders.ts';

const omitVerify = ({ name, sign, recognise, parse }: Sender): Sender => ({
  name,
  sign,
  recognise,
  parse,
});

/** Parses a captured body with every sender's parser, regardless of its signature. */
export const explain: NonNullable<CliDeps['explain']> = (delivery, registry) => {
  const unsigned = SENDERS.map((sender) => omitVerify(sender));
  const anything = {
    name: 'explain',
    value: createSecret(''),
    senders: null,
    registry,
    virtualRepositories: null,
    clusters: null,
    repositories: null,
    networks: null,
  };
  return createIntake<typeof anything>(unsigned, [anything]).read(delivery, anything);
};
