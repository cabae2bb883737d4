import type { Digest } from '../../../core/image/digest.ts';
import { type ImageReference, pinImageText } from '../../../core/image/image-reference.ts';
import type { Platform } from '../../../core/image/published.ts';

type Bag = Readonly<Record<string, unknown>>;

/** A service's spec exactly as the engine gave it. */
export type RawSpec = Bag & {
  readonly TaskTemplate: Bag & {
    readonly ContainerSpec: Bag & { readonly Image: string };
    readonly Placement?: Bag | null;
    readonly ForceUpdate?: number;
  };
};

/** What an update changes of a spec. */
export type SpecChange = {
  readonly image: ImageReference;
  readonly digest: Digest;
  /** Null leaves the present ones; none takes them away. */
  readonly platforms: readonly Platform[] | null;
  /** Restart the tasks also where nothing else changes. A differing digest restarts them by itself. */
  readonly restart: boolean;
};

/**
 * The spec that an update posts: whole as it was read, with the image pinned and the platforms of the
 * new one set, as the Docker command line does it.
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
 * Nodes that say `armv7l` would never fit the `arm` of an image, so Docker's command line leaves that
 * architecture blank ({@link https://github.com/docker/swarmkit/issues/2294}).
 */
const architectureOf = ({ architecture }: Platform): string =>
  architecture.toLowerCase() === 'arm' ? '' : architecture;

/** Nothing where the placement stays as it is. */
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
