import { HOOK_PLACES } from '../../core/contract/hook-places.ts';
import { noSuch } from './names.ts';

/** Throws for an unknown sender. */
export const requireKnownSender = (
  name: string,
  known: readonly string[] = HOOK_PLACES.map(({ sender }) => sender),
): void => {
  if (!known.includes(name)) throw noSuch('sender', name, known, 'cd-helper hook url shows all');
};
