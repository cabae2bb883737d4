import { hash } from 'node:crypto';

/** JSON with sorted object keys, so that equal values have equal text. */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const parts = Object.keys(value)
    .toSorted()
    .filter((key) => value[key] !== undefined)
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`);
  return `{${parts.join(',')}}`;
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !isRawJson(value);

/** Whether this is a number with its original digits, see `parseExactJson`. */
const isRawJson = (value: object): boolean =>
  Object.getPrototypeOf(value) === null && 'rawJSON' in value;

/** The parts of a spec that the fingerprint leaves out. */
export type SpecParts = {
  readonly TaskTemplate?: {
    readonly ContainerSpec?: Readonly<Record<string, unknown>>;
    readonly Placement?: Readonly<Record<string, unknown>> | null;
    readonly [other: string]: unknown;
  };
  readonly [other: string]: unknown;
};

/**
 * Identifies a spec apart from its image: without image, platforms and the counter of forced restarts. An update that
 * changes only the image does not change it.
 */
export const specFingerprint = (spec: SpecParts): string => {
  const { ContainerSpec, Placement, ForceUpdate: _force, ...task } = spec.TaskTemplate ?? {};
  const { Image: _image, ...container } = ContainerSpec ?? {};
  const { Platforms: _platforms, ...placement } = Placement ?? {};
  // An update may add an empty placement, which means the same as none.
  const rest = Object.keys(placement).length === 0 ? {} : { Placement: placement };
  return hash(
    'sha256',
    canonicalJson({ ...spec, TaskTemplate: { ...task, ...rest, ContainerSpec: container } }),
  );
};
