import { matchesGlob } from '../../core/glob.ts';
import type { ServiceView } from '../../core/contract/views.ts';

/**
 * Whether the name, stack or image of the service matches the pattern, ignoring case. A pattern without `*` or `?`
 * may match any part.
 */
export const matchesPattern = (service: ServiceView, pattern: string): boolean => {
  const glob = /[*?]/.test(pattern) ? pattern : `*${pattern}*`;
  return [service.name, service.stack ?? '', service.image].some((text) =>
    matchesGlob(glob.toLowerCase(), text.toLowerCase()),
  );
};
