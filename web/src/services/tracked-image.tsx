import type { ServiceView } from '../../../src/core/contract/views.ts';
import { ImageName } from '../images/image-name.tsx';
import { ToTag } from '../images/tag-change.tsx';

/** The image of a service, and the tag that it would move to, if it follows tags. */
export const TrackedImage = ({ service }: { readonly service: ServiceView }) => {
  const next = service.tracking?.next ?? null;
  return (
    <>
      <ImageName image={service.image} />
      {next !== null && (
        <>
          {' '}
          <ToTag tag={next} />
        </>
      )}
    </>
  );
};
