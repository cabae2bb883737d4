import type { Command, Option } from 'commander';
import type { DeliveryView } from '../../core/contract/delivery-views.ts';
import type { DeploymentView, FreezeView, ServiceView } from '../../core/contract/views.ts';
import type { RunSummary } from '../../core/contract/run-views.ts';

/** The names and ids of the cluster that may appear on a command line. */
export type Known = {
  readonly services: () => Promise<
    readonly Pick<ServiceView, 'name' | 'stack' | 'cluster' | 'image'>[]
  >;
  readonly clusters: () => Promise<readonly string[]>;
  readonly freezes: () => Promise<readonly Pick<FreezeView, 'id' | 'reason'>[]>;
  /** Only the newest; the same for the next two. */
  readonly deployments: () => Promise<readonly Pick<DeploymentView, 'id' | 'service' | 'state'>[]>;
  readonly deliveries: () => Promise<readonly Pick<DeliveryView, 'id' | 'sender' | 'pushes'>[]>;
  readonly runs: () => Promise<readonly Pick<RunSummary, 'id' | 'state' | 'dryRun'>[]>;
};

export type Candidate = { readonly value: string; readonly about: string };

const plain = (values: readonly string[]): readonly Candidate[] =>
  [...new Set(values)].map((value) => ({ value, about: '' }));

const servicesOf = async (known: Known): Promise<readonly Candidate[]> =>
  (await known.services()).map(({ name, stack }) => ({ value: name, about: stack ?? '' }));

const stacksOf = async (known: Known): Promise<readonly Candidate[]> =>
  plain((await known.services()).flatMap(({ stack }) => (stack === null ? [] : [stack])));

const imagesOf = async (known: Known): Promise<readonly Candidate[]> =>
  plain((await known.services()).map(({ image }) => image));

const deliveriesOf = async (known: Known): Promise<readonly Candidate[]> =>
  (await known.deliveries()).map(({ id, sender, pushes }) => ({
    value: id,
    about: [sender, ...pushes.map(({ image }) => image)].join(' '),
  }));

/** Candidates by the long name of an option or the name of an argument. For an id: by the command. */
const VALUES: Readonly<Record<string, (known: Known) => Promise<readonly Candidate[]>>> = {
  cluster: async (known) => plain(await known.clusters()),
  service: servicesOf,
  pattern: servicesOf,
  image: imagesOf,
  delivery: deliveriesOf,
  stack: stacksOf,
  thaw: async (known) =>
    (await known.freezes()).map(({ id, reason }) => ({ value: id, about: reason })),
  deployments: async (known) =>
    (await known.deployments()).map(({ id, service, state }) => ({
      value: id,
      about: `${service.name} ${state}`,
    })),
  deliveries: deliveriesOf,
  runs: async (known) =>
    (await known.runs()).map(({ id, state, dryRun }) => ({
      value: id,
      about: dryRun ? `${state}, a dry run` : state,
    })),
};

const optionsOf = (command: Command): readonly Option[] => {
  const all: Option[] = [];
  for (let one: Command | null = command; one !== null; one = one.parent) all.push(...one.options);
  return all.filter(({ hidden }) => !hidden);
};

const findOption = (command: Command, word: string): Option | undefined =>
  optionsOf(command).find(({ long, short }) => long === word || short === word);

type Place = {
  readonly command: Command;
  /** Number of arguments before the word to complete. */
  readonly count: number;
  /** The option whose value is to be completed. */
  readonly option: Option | null;
};

/** The position of the last word on the command line. */
const placeOf = (program: Command, before: readonly string[]): Place => {
  let command = program;
  let count = 0;
  let option: Option | null = null;
  for (const word of before) {
    if (option !== null) {
      option = null;
      continue;
    }
    if (word.startsWith('-')) {
      const found = word.includes('=') ? undefined : findOption(command, word);
      option = found?.required === true ? found : null;
      continue;
    }
    const inner = command.commands.find(
      (one) => one.name() === word || one.aliases().includes(word),
    );
    if (inner !== undefined && count === 0) command = inner;
    else count += 1;
  }
  return { command, count, option };
};

const valuesOf = async (
  { argChoices }: { readonly argChoices?: readonly string[] | undefined },
  name: string,
  known: Known,
): Promise<readonly Candidate[]> =>
  argChoices === undefined ? ((await VALUES[name]?.(known)) ?? []) : plain(argChoices);

const isHidden = (command: Command): boolean => command.name().startsWith('__');

const wordsFor = async (
  { command, count }: Place,
  word: string,
  known: Known,
): Promise<readonly Candidate[]> => {
  if (word.startsWith('-')) {
    return optionsOf(command).flatMap(({ long, description }) =>
      long === null || long === undefined ? [] : [{ value: long, about: description }],
    );
  }
  const inner = command.commands
    .filter((one) => !isHidden(one))
    .map((one) => ({ value: one.name(), about: one.description() }));
  if (inner.length > 0) return inner;
  const argument = command.registeredArguments[count];
  if (argument === undefined) return [];
  const name = argument.name();
  return valuesOf(argument, name === 'id' ? command.name() : name, known);
};

/**
 * Candidates for the last of the words. `words` is everything after the program's name. A shell may have split
 * `--name=value` at the `=`.
 */
export const complete = async (
  program: Command,
  words: readonly string[],
  known: Known,
): Promise<readonly Candidate[]> => {
  const joined = words.filter((word) => word !== '=');
  const isNewValue = words.at(-1) === '=';
  const before = isNewValue ? joined : joined.slice(0, -1);
  const last = isNewValue ? '' : (joined.at(-1) ?? '');
  const place = placeOf(program, before);
  const [, name = '', typed = ''] = /^(--[\w-]+)=(.*)$/.exec(last) ?? [];
  const option = name === '' ? place.option : (findOption(place.command, name) ?? null);
  const word = name === '' ? last : typed;
  const found =
    option === null
      ? await wordsFor(place, word, known)
      : await valuesOf(option, option.attributeName(), known);
  return found
    .filter(({ value }) => value.startsWith(word))
    .map((one) => (name === '' ? one : { ...one, value: `${name}=${one.value}` }));
};
