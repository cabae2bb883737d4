import { readHookSecret } from '../../config/client-settings.ts';
import { ProfileRefused } from '../../config/profile.ts';
import { loadConfig } from '../../config/load-config.ts';
import type { OutcomeView } from '../../core/outcome/outcome.ts';
import { createSecret, type Secret } from '../../core/secret.ts';
import { createApiClient, type Query } from './api-client.ts';
import type { Context } from './context.ts';
import { wrongUse } from '../terminal/exit-status.ts';

/** Asks for the outcome of a push. */
export type OutcomeClient = {
  readonly url: string;
  readonly ask: (query: Query) => Promise<OutcomeView>;
};

/** The helper's longest wait, plus some time for a proxy. */
const TIMEOUT_MS = 90_000;

/** The name of a hook secret in this machine's configuration, or the secret itself. */
const secretOf = (context: Context, text: string): Secret => {
  const { sources } = context.deps;
  const loaded = loadConfig({ argvConfig: context.options.config, ...sources });
  const named = loaded.ok
    ? loaded.config.hooks.secrets.find(({ name, value }) => name === text && value.reveal() !== '')
    : undefined;
  return named?.value ?? createSecret(text);
};

const ofEnvironment = (context: Context): Secret | null => {
  try {
    return readHookSecret(context.deps.sources);
  } catch (error) {
    if (error instanceof ProfileRefused) throw wrongUse(error.message, error.hint);
    throw error;
  }
};

export const createSecretClient = (context: Context, secret: Secret): OutcomeClient => {
  const url = context.address();
  const { signal } = context.deps;
  const api = createApiClient({
    url,
    token: secret,
    shows: 'hook secret',
    signal,
    timeoutMs: TIMEOUT_MS,
  });
  return { url, ask: (query) => api.get<OutcomeView>('/hooks/outcome', query) };
};

/**
 * Authenticates with the first of these that exists: the given hook secret, the given API token, the hook secret from
 * the environment, the API token from the environment or the profile.
 */
export const createOutcomeClient = (context: Context, given: string | undefined): OutcomeClient => {
  if (given !== undefined) return createSecretClient(context, secretOf(context, given));
  const found = context.options.token === undefined ? ofEnvironment(context) : null;
  if (found !== null) return createSecretClient(context, found);
  const { url, token } = context.client();
  if (token === null) {
    throw wrongUse(
      'a hook secret or an API token is required',
      'set CD_HELPER_HOOK_SECRET, CD_HELPER_HOOK_SECRET_FILE or CD_HELPER_API_TOKEN',
    );
  }
  const { signal } = context.deps;
  const api = createApiClient({ url, token, signal, timeoutMs: TIMEOUT_MS });
  return { url, ask: (query) => api.get<OutcomeView>('/api/v1/outcome', query) };
};
