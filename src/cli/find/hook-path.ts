import type { HookSecret } from '../../config/schema/config.ts';

/**
 * Path of the hooks that this secret lets in, below the base path. It is as secret as the secret; where
 * only a token proves the sender, it holds none.
 */
export const hookPath = ({ value }: HookSecret): string =>
  value.reveal() === '' ? '/hooks' : `/hooks/${encodeURIComponent(value.reveal())}`;
