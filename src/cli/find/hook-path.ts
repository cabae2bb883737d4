import type { HookSecret } from '../../config/schema/config.ts';

/**
 * The webhook path for this secret, relative to the base path. It is as secret as the secret itself. If only a token
 * authenticates the sender, the path contains no secret.
 */
export const hookPath = ({ value }: HookSecret): string =>
  value.reveal() === '' ? '/hooks' : `/hooks/${encodeURIComponent(value.reveal())}`;
