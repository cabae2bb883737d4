import { printable } from '../output/cell-text.ts';
import type { RunningImage } from './running-images.ts';

/** Keys that need no quotes in YAML. Numbers, truth values and null do. */
const PLAIN = /^[a-z_][\w.-]*$/i;
const WORDS = /^(?:true|false|yes|no|on|off|null|y|n)$/i;

const key = (name: string): string =>
  PLAIN.test(name) && !WORDS.test(name) ? name : JSON.stringify(name);

const fileOf = (stack: string): string => `${stack}.running.yml`;

export type OverrideOptions = {
  /** When the images were read, RFC 3339. */
  readonly at: string;
  /** The version of the stack file; null if it has none. */
  readonly version: string | null;
};

/**
 * A compose override that updates a stack file to the running images: one document for each stack of each cluster, in
 * their order.
 */
export const composeOverride = (
  images: readonly RunningImage[],
  options: OverrideOptions,
): string => {
  const groups = Map.groupBy(images, ({ cluster, stack }) => JSON.stringify([cluster, stack]));
  return [...groups.values()].map((group) => documentOf(group, options)).join('---\n');
};

const documentOf = (images: readonly RunningImage[], { at, version }: OverrideOptions): string => {
  const [{ cluster, stack } = { cluster: '', stack: null }] = images;
  const head =
    stack === null
      ? [`# What runs on cluster ${cluster} outside of stacks, at ${at}`]
      : [
          `# What runs in stack ${stack} on cluster ${cluster}, at ${at}`,
          `# docker stack deploy -c STACK-FILE -c ${fileOf(stack)} ${stack}`,
        ];
  const services = images
    .toSorted((a, b) => (a.service < b.service ? -1 : 1))
    .flatMap(({ service, image, digest }) => [
      `  ${key(service)}:`,
      `    image: ${image}${digest === null ? ' # no digest is known' : ''}`,
    ]);
  const ofVersion = version === null ? [] : [`version: '${version}'`];
  return [...head.map(printable), ...ofVersion, 'services:', ...services, ''].join('\n');
};
