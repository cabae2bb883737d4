import type { UpdateAnswer } from '../../../core/swarm/cluster.ts';
import type { Service } from '../../../core/swarm/service.ts';
import { OCI_ADVICE } from '../../../core/verdict/verdict.ts';
import type { SwarmpitRefusal } from './problem.ts';

/** The parts of a service that show which registry Swarmpit asks. */
export type Redeployed = Pick<Service, 'imageText' | 'image'>;

/**
 * What an unsuccessful answer to a redeploy means; null if `swarmpitProblem` should explain it. Swarmpit asks the
 * registry before it changes anything, so a refusal by a registry has changed nothing. It passes on the registry's
 * status, with `{"error":null}` for a manifest and with the registry's own text for a token. Only its two sign-in
 * layers mark their answers.
 */
export const readRedeployAnswer = (
  refusal: SwarmpitRefusal,
  service: Redeployed,
): Exclude<UpdateAnswer, { kind: 'accepted' }> | null => {
  const { status, error, isOwn, isJson, isBlank } = refusal;
  const fail = (detail: string): UpdateAnswer & { kind: 'registry-failed' } => ({
    kind: 'registry-failed',
    status,
    detail,
  });
  if (isOwn || !isJson) return null;
  if (/out of sequence/.test(error ?? '')) return { kind: 'out-of-sequence' };
  const { imageText: image } = service;
  if (/no matching registry/i.test(error ?? '')) return fail(notLinked(service, error ?? ''));
  if (status === 400 && /is not a valid repository\/tag/.test(error ?? '')) {
    return fail(`Swarmpit found no digest for ${image}, and sent Docker none. ${OCI_ADVICE}`);
  }
  const said = error === null ? '' : `: ${error}`;
  if (status === 401 || status === 403) {
    return fail(
      `the registry of ${image} refused Swarmpit (HTTP ${status}${said}): correct the credentials of the registry that is linked in Swarmpit`,
    );
  }
  if (status === 404 && isBlank) {
    return fail(
      `the registry of ${image} has no such tag in a form that Swarmpit asks for (HTTP 404). ${OCI_ADVICE}`,
    );
  }
  return null;
};

/**
 * Swarmpit takes any name with a dot or a colon for the image of a registry other than Docker Hub, even if the name
 * spells out Docker Hub.
 */
const notLinked = ({ imageText, image }: Redeployed, said: string): string => {
  const why = `Swarmpit has no registry for ${imageText} (${said})`;
  const isHub = image.ok && image.image.registry === 'docker.io';
  if (!isHub) return `${why}: link it in Swarmpit for the user of the token, or share it`;
  const short = imageText.replace(/^(?:index\.)?docker\.io\//, '');
  return short === imageText
    ? `${why}: it takes an image of Docker Hub with a dot in its name for one of another registry. Rename the repository, or connect the helper to the engine instead of Swarmpit`
    : `${why}: it knows Docker Hub only by names without a host. Write the image as ${short} in the service`;
};
