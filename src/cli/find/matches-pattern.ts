import { matchesGlob } from '../../core/glob.ts';
import type { ServiceView } from '../../core/contract/views.ts';

/** Whether name, stack or image of the service fit the pattern, in any case. Without `*` or `?` it need only be a part. */
export const matchesPattern = (service: ServiceView, pattern: string): boolean => {
  const glob = /[*?]/.test(pattern) ? pattern : `*${pattern}*`;
  return [service.name, service.stack ?? '', service.image].some((text) =>
    matchesGlob(glob.toLowerCase(), text.toLowerCase()),
  );
};
