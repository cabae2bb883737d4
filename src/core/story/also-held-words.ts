import { shortDigest } from '../image/digest.ts';
import type { DeploymentView } from '../contract/views.ts';

/** What a person's rollback holds beside the digest that the service had, in a sentence; empty for nothing. */
export const alsoHeldWords = ({ alsoHeld }: Pick<DeploymentView, 'alsoHeld'>): string => {
  const digests = alsoHeld ?? [];
  if (digests.length === 0) return '';
  const named = digests.map(shortDigest).join(', ');
  return digests.length === 1
    ? `${named} is held as well: it was published already, and would have been deployed next`
    : `${named} are held as well: they were published already, and would have been deployed next`;
};
