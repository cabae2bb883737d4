/**
 * The variables that the helper knows. A variable with a key in the file overrides that key. Variables that add
 * something (a webhook secret, a token, an insecure registry) add it to the file's.
 */

/** Variable → key in the file. */
export const PLAIN_VARIABLES: Readonly<
  Record<string, { readonly path: readonly string[]; readonly list?: true }>
> = {
  CD_HELPER_LISTEN: { path: ['listen'] },
  CD_HELPER_BASE_PATH: { path: ['basePath'] },
  CD_HELPER_PUBLIC_URL: { path: ['publicUrl'] },
  CD_HELPER_TRUSTED_PROXIES: { path: ['trustedProxies'], list: true },
  CD_HELPER_STORE: { path: ['store'] },
  CD_HELPER_LOG_LEVEL: { path: ['logLevel'] },
  CD_HELPER_DOCKER_CONFIG: { path: ['dockerConfig'] },
  CD_HELPER_METRICS_PUBLIC: { path: ['metrics', 'public'] },
};

/** Variable → key of the one cluster that variables can describe. */
export const CLUSTER_VARIABLES: Readonly<Record<string, readonly string[]>> = {
  CD_HELPER_ENGINE_URL: ['url'],
  CD_HELPER_ENGINE_CA: ['tls', 'ca'],
  CD_HELPER_ENGINE_CERT: ['tls', 'cert'],
  CD_HELPER_ENGINE_KEY: ['tls', 'key'],
  CD_HELPER_SWARMPIT_URL: ['url'],
  CD_HELPER_SWARMPIT_TOKEN: ['token'],
  CD_HELPER_SELECT: ['select'],
};

export const HOOK_SECRET = 'CD_HELPER_HOOK_SECRET';
export const API_TOKEN = 'CD_HELPER_API_TOKEN';
export const REGISTRY_INSECURE = 'CD_HELPER_REGISTRY_INSECURE';
/** `registry.example=auth.example`: hosts that may see a registry's credentials. */
export const REGISTRY_SIGN_IN_HOSTS = 'CD_HELPER_REGISTRY_SIGN_IN_HOSTS';
export const CONFIG_FILE = 'CD_HELPER_CONFIG';

/** Variables that can also be given as `…_FILE`. */
export const VALUE_VARIABLES: readonly string[] = [
  ...Object.keys(PLAIN_VARIABLES),
  ...Object.keys(CLUSTER_VARIABLES),
  HOOK_SECRET,
  API_TOKEN,
  REGISTRY_INSECURE,
  REGISTRY_SIGN_IN_HOSTS,
];

/** Only the command line reads these. */
const CLIENT_VARIABLES = ['CD_HELPER_URL', 'CD_HELPER_URL_FILE', 'CD_HELPER_PROFILE'];

/** The stack files take these from the shell, so they are set after a deployment from a shell. */
export const STACK_VARIABLES: readonly string[] = [
  'CD_HELPER_IMAGE',
  'CD_HELPER_PORT_MODE',
  'CD_HELPER_INSTANCES',
  'CD_HELPER_PROXY_NETWORK',
  'CD_HELPER_MONITOR',
];

/** Common wrong names whose intended variable is similar in meaning, not in spelling. */
export const MEANT: Readonly<Record<string, string>> = {
  // If it were accepted, it would seem to have an effect.
  CD_HELPER_PORT: 'did you mean CD_HELPER_LISTEN? CD_HELPER_PORT is for the stack files alone',
  CD_HELPER_TOKEN: 'did you mean CD_HELPER_API_TOKEN?',
};

/** Every known name. */
export const KNOWN_VARIABLES: readonly string[] = [
  ...VALUE_VARIABLES,
  ...VALUE_VARIABLES.map((variable) => `${variable}_FILE`),
  CONFIG_FILE,
  ...CLIENT_VARIABLES,
];

export const PREFIX = 'CD_HELPER_';

/** The items in a variable, separated by commas or, in a file, by lines. */
export const splitList = (value: string): readonly string[] =>
  value
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
