import { shortDigest } from '../image/digest.ts';
import type { DeploymentView } from '../contract/views.ts';

/** What a person's rollback holds besides the service's earlier digest, in a sentence. Empty if nothing. */
export const alsoHeldWords = ({ alsoHeld }: Pick<DeploymentView, 'alsoHeld'>): string => {
  const digests = alsoHeld ?? [];
  if (digests.length === 0) return '';
  const named = digests.map(shortDigest).join(', ');
  return digests.length === 1
    ? `${named} is held as well: it was published already, and would have been deployed next`
    : `${named} are held as well: they were published already, and would have been deployed next`;
};
