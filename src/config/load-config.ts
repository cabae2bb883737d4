import type { Config } from './config.ts';
import { configSchema } from './config-schema.ts';
import { crossChecks } from './cross-checks.ts';
import { deepFreeze } from './deep-freeze.ts';
import { messageOfErrno } from './errno.ts';
import { byPlace, type ConfigProblem } from './problem.ts';
import { readProxies } from './proxy-schema.ts';
import { type Environment, readVariables } from './read-variables.ts';
import { readYaml } from './read-yaml.ts';
import { schemaProblems } from './schema-problems.ts';
import { type ReadFile, readSecretFiles } from './secret-file.ts';
import { createSource, type Source } from './source.ts';
import { CONFIG_FILE } from './variables.ts';

export type LoadedConfig =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

export type ConfigInputs = {
  /** What `--config` names; wins over `CD_HELPER_CONFIG`. */
  readonly argvConfig?: string | undefined;
  readonly env: Environment;
  readonly readFile: ReadFile;
  /** Names that `hooks.secrets[].senders` may use; left out, any name is taken. */
  readonly senders?: readonly string[];
};

const readConfigFile = (source: Source, inputs: ConfigInputs): string | null => {
  const fromVariable = inputs.env[CONFIG_FILE] ?? '';
  const file = inputs.argvConfig ?? (fromVariable === '' ? null : fromVariable);
  if (file === null) return null;
  try {
    readYaml(source, file, inputs.readFile(file), inputs.env);
  } catch (error) {
    source.problems.push({
      key: null,
      origin: inputs.argvConfig === undefined ? { kind: 'variable', name: CONFIG_FILE } : null,
      found: `${file}: ${messageOfErrno(error)}`,
      expected: 'a YAML file that can be read',
      hint: null,
    });
  }
  return file;
};

/**
 * The configuration out of file and environment, or every mistake in it at once. A variable wins over
 * the same key of the file; hook secrets, the API token and insecure registries are added to the
 * file's; the cluster that variables describe and `clusters` in the file exclude each other.
 */
export const loadConfig = (inputs: ConfigInputs): LoadedConfig => {
  const source = createSource();
  const file = readConfigFile(source, inputs);
  // What the variables add to a file that could not be understood would only mislead.
  const isBroken = source.problems.length > 0 && Object.keys(source.tree).length === 0;
  readSecretFiles(source, inputs.readFile);
  readVariables(source, inputs.env, inputs.readFile);
  const proxies = readProxies(source, inputs.env);
  const parsed = configSchema.safeParse(source.tree);
  if (!isBroken) {
    if (parsed.error !== undefined) source.problems.push(...schemaProblems(source, parsed.error));
    source.problems.push(...crossChecks(source, inputs.senders ?? null));
  }
  return parsed.data === undefined || source.problems.length > 0
    ? { ok: false, problems: source.problems.toSorted(byPlace) }
    : { ok: true, config: deepFreeze({ file, proxies, ...parsed.data }) };
};
