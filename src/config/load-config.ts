import type { Config } from './schema/config.ts';
import { configSchema } from './schema/config-schema.ts';
import { crossChecks } from './checks/cross-checks.ts';
import { deepFreeze } from './deep-freeze.ts';
import { messageOfErrno } from './source/errno.ts';
import { showPath } from './checks/known-keys.ts';
import { byPlace, type ConfigProblem } from './source/problem.ts';
import { readProxies } from './schema/proxy-schema.ts';
import { type Environment, readVariables } from './source/read-variables.ts';
import { readYaml } from './source/read-yaml.ts';
import { schemaProblems } from './checks/schema-problems.ts';
import { type ReadFile, readSecretFiles } from './source/secret-file.ts';
import { createSource, type Source } from './source/source.ts';
import { CONFIG_FILE } from './source/variables.ts';

export type LoadedConfig =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

export type ConfigInputs = {
  /** The value of `--config`. Wins over `CD_HELPER_CONFIG`. */
  readonly argvConfig?: string | undefined;
  readonly env: Environment;
  readonly readFile: ReadFile;
  /** Names that `hooks.secrets[].senders` may use. If left out, any name is accepted. */
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

/** A secret may be in the place of a key. */
const withSafeKey = (problem: ConfigProblem): ConfigProblem => ({
  ...problem,
  key: problem.key === null ? null : showPath(problem.key),
});

/**
 * Loads the configuration from file and environment, or returns every mistake in it at once. A variable wins over the
 * same key of the file. Webhook secrets, the API token and insecure registries are added to the file's. The cluster
 * that variables describe cannot be combined with `clusters` in the file.
 */
export const loadConfig = (inputs: ConfigInputs): LoadedConfig => {
  const source = createSource();
  const file = readConfigFile(source, inputs);
  // Problems with variables would be misleading if the file could not be parsed.
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
    ? { ok: false, problems: source.problems.map(withSafeKey).toSorted(byPlace) }
    : { ok: true, config: deepFreeze({ file, proxies, ...parsed.data }) };
};
