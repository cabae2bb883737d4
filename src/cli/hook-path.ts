import type { HookSecret } from '../config/config.ts';

/** Path of the hooks that this secret lets in, below the base path. It is as secret as the secret. */
export const hookPath = ({ value }: HookSecret): string =>
  `/hooks/${encodeURIComponent(value.reveal())}`;
