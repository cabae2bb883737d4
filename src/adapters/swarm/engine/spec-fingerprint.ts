import { hash } from 'node:crypto';

/** JSON with the keys of every object in one order, so that equal values have equal text. */
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

/** Whether this is a number kept in its own digits; see `parseExactJson`. */
const isRawJson = (value: object): boolean =>
  Object.getPrototypeOf(value) === null && 'rawJSON' in value;

/** As much of a spec as the fingerprint must know to leave out. */
export type SpecParts = {
  readonly TaskTemplate?: {
    readonly ContainerSpec?: Readonly<Record<string, unknown>>;
    readonly Placement?: Readonly<Record<string, unknown>> | null;
    readonly [other: string]: unknown;
  };
  readonly [other: string]: unknown;
};

/**
 * What a spec is apart from the image it runs: without image, platforms and the counter of forced
 * restarts. Equal before and after an update of the image alone.
 */
export const specFingerprint = (spec: SpecParts): string => {
  const { ContainerSpec, Placement, ForceUpdate: _force, ...task } = spec.TaskTemplate ?? {};
  const { Image: _image, ...container } = ContainerSpec ?? {};
  const { Platforms: _platforms, ...placement } = Placement ?? {};
  // An update may bring an empty placement with it, which means the same as none.
  const rest = Object.keys(placement).length === 0 ? {} : { Placement: placement };
  return hash(
    'sha256',
    canonicalJson({ ...spec, TaskTemplate: { ...task, ...rest, ContainerSpec: container } }),
  );
};
