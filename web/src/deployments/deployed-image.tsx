import type { DeploymentView } from '../../../src/core/contract/views.ts';
import { ImageName } from '../parts/image-name.tsx';
import { FromTag } from '../parts/tag-change.tsx';

/** The image that a deployment brings, and the tag that the service had before where that was another. */
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
