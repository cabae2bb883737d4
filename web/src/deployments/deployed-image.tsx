import type { DeploymentView } from '../../../src/core/contract/views.ts';
import { ImageName } from '../images/image-name.tsx';
import { FromTag } from '../images/tag-change.tsx';

/** The image of a deployment, and the service's previous tag if it was another. */
export const DeployedImage = ({
  deployment: { image, fromTag, toTag },
}: {
  readonly deployment: Pick<DeploymentView, 'image' | 'fromTag' | 'toTag'>;
}) => (
  <>
    <ImageName image={image} />
    {fromTag !== toTag && (
      <>
        {' '}
        <FromTag tag={fromTag} />
      </>
    )}
  </>
);
