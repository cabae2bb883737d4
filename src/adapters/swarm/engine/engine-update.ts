import type { Digest } from '../../../core/image/digest.ts';
import { type ImageReference, pinImageText } from '../../../core/image/image-reference.ts';
import type { Platform } from '../../../core/image/published.ts';

type Bag = Readonly<Record<string, unknown>>;

/** A service's spec exactly as the engine sent it. */
export type RawSpec = Bag & {
  readonly TaskTemplate: Bag & {
    readonly ContainerSpec: Bag & { readonly Image: string };
    readonly Placement?: Bag | null;
    readonly ForceUpdate?: number;
  };
};

/** The change that an update makes to a spec. */
export type SpecChange = {
  readonly image: ImageReference;
  readonly digest: Digest;
  /** Null keeps the present ones; an empty list removes them. */
  readonly platforms: readonly Platform[] | null;
  /** Restart the tasks even if nothing else changes. A new digest restarts them in any case. */
  readonly restart: boolean;
};

/**
 * The spec that an update posts: complete as it was read, but with the image pinned and the new image's platforms
 * set, as the Docker command line does it.
 */
export const specWithImage = (spec: RawSpec, change: SpecChange): RawSpec => {
  const { TaskTemplate } = spec;
  const { ContainerSpec, ForceUpdate } = TaskTemplate;
  const Image = pinImageText(ContainerSpec.Image, change.image, change.digest);
  return {
    ...spec,
    TaskTemplate: {
      ...TaskTemplate,
      ContainerSpec: { ...ContainerSpec, Image },
      ...placementWith(TaskTemplate.Placement, change.platforms),
      ...(change.restart ? { ForceUpdate: (ForceUpdate ?? 0) + 1 } : {}),
    },
  };
};

/**
 * Nodes that report `armv7l` never match an image's `arm`, so Docker's command line leaves that architecture blank
 * ({@link https://github.com/docker/swarmkit/issues/2294}).
 */
const architectureOf = ({ architecture }: Platform): string =>
  architecture.toLowerCase() === 'arm' ? '' : architecture;

/** Empty if the placement does not change. */
const placementWith = (
  placement: Bag | null | undefined,
  platforms: readonly Platform[] | null,
): { readonly Placement?: Bag } => {
  if (platforms === null) return {};
  const { Platforms: old, ...rest } = placement ?? {};
  if (platforms.length === 0) return old === undefined ? {} : { Placement: rest };
  const Platforms = platforms.map((platform) => ({
    Architecture: architectureOf(platform),
    OS: platform.os,
  }));
  return { Placement: { ...rest, Platforms } };
};
