import type { Digest } from '../../core/digest.ts';
import { type ImageReference, pinImageText } from '../../core/image-reference.ts';
import type { Platform } from '../../core/published.ts';

type Bag = Readonly<Record<string, unknown>>;

/** A service's spec exactly as the engine gave it. */
export type RawSpec = Bag & {
  readonly TaskTemplate: Bag & {
    readonly ContainerSpec: Bag & { readonly Image: string };
    readonly Placement?: Bag | null;
  };
};

/**
 * The spec that an update posts: whole as it was read, with the image pinned and the platforms of the
 * new one set (null leaves the present ones) as the Docker command line sets them. `ForceUpdate` stays: a differing digest restarts
 * by itself.
 */
export const specWithImage = (
  spec: RawSpec,
  image: ImageReference,
  digest: Digest,
  platforms: readonly Platform[] | null,
): RawSpec => {
  const { TaskTemplate } = spec;
  const { ContainerSpec } = TaskTemplate;
  const Image = pinImageText(ContainerSpec.Image, image, digest);
  return {
    ...spec,
    TaskTemplate: {
      ...TaskTemplate,
      ContainerSpec: { ...ContainerSpec, Image },
      ...placementWith(TaskTemplate.Placement, platforms),
    },
  };
};

/** Nothing where the placement stays as it is. */
const placementWith = (
  placement: Bag | null | undefined,
  platforms: readonly Platform[] | null,
): { readonly Placement?: Bag } => {
  if (platforms === null) return {};
  const { Platforms: old, ...rest } = placement ?? {};
  if (platforms.length === 0) return old === undefined ? {} : { Placement: rest };
  const Platforms = platforms.map(({ architecture, os }) => ({
    Architecture: architecture,
    OS: os,
  }));
  return { Placement: { ...rest, Platforms } };
};
