/** One change of an update to a service's spec. Null means that the field was absent before, or is absent now. */
export type SpecChange = {
  /** `TaskTemplate.ContainerSpec.Image` */
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
};

/** An update of ours changes three things. A faulty or hostile engine's answer may show more. */
const MOST_CHANGES = 50;
const LONGEST_TEXT = 500;
/** Replaces every value of an environment variable. */
const MASKED = '***';

type Leaves = Map<string, string>;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value);

/** A number stored with its exact digits. It has no fields to compare. */
const isExactNumber = (value: object): boolean =>
  Object.getPrototypeOf(value) === null && 'rawJSON' in value;

/** Stores `NAME=value` under its name. The value is only compared, never shown. */
const addEnvironment = (value: unknown, path: string, into: Leaves): void => {
  if (!Array.isArray(value)) {
    into.set(path, JSON.stringify(value) ?? '');
    return;
  }
  for (const [index, entry] of value.entries()) {
    const text = typeof entry === 'string' ? entry : '';
    const end = text.indexOf('=');
    into.set(
      end > 0 ? `${path}.${text.slice(0, end)}` : `${path}[${index}]`,
      JSON.stringify(entry) ?? '',
    );
  }
};

const addLeaves = (value: unknown, path: string, into: Leaves, secret: Leaves): void => {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) addLeaves(item, `${path}[${index}]`, into, secret);
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      const at = path === '' ? key : `${path}.${key}`;
      if (/^env$/i.test(key)) addEnvironment(item, at, secret);
      else addLeaves(item, at, into, secret);
    }
  } else if (value !== undefined && value !== null) {
    into.set(path, typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
  }
};

const leavesOf = (spec: unknown): { readonly open: Leaves; readonly secret: Leaves } => {
  const open: Leaves = new Map();
  const secret: Leaves = new Map();
  addLeaves(spec, '', open, secret);
  return { open, secret };
};

const differing = (before: Leaves, after: Leaves): string[] =>
  [...new Set([...before.keys(), ...after.keys()])].filter(
    (path) => before.get(path) !== after.get(path),
  );

/**
 * The paths of fields in which two specs of a service differ, without their values. Engines leave out empty fields, so
 * an empty text or list equals a missing one.
 */
export const differingFields = (one: unknown, other: unknown): readonly string[] => {
  const [before, after] = [leavesOf(one), leavesOf(other)];
  for (const leaves of [before.open, after.open]) {
    for (const [path, text] of leaves) if (text === '') leaves.delete(path);
  }
  return [...differing(before.open, after.open), ...differing(before.secret, after.secret)]
    .map(shorten)
    .slice(0, MOST_CHANGES);
};

const shorten = (text: string): string =>
  text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;

/**
 * The differences between two specs of a service, by path, with each value as text; null if absent. Values of
 * environment variables are never shown, only that they differ.
 */
export const specChanges = (before: unknown, after: unknown): readonly SpecChange[] => {
  const [old, now] = [leavesOf(before), leavesOf(after)];
  const textIn = (leaves: Leaves, path: string): string | null => {
    const text = leaves.get(path);
    return text === undefined ? null : shorten(text);
  };
  const maskIn = (leaves: Leaves, path: string): string | null =>
    leaves.has(path) ? MASKED : null;
  return [
    ...differing(old.open, now.open).map((path) => ({
      path: shorten(path),
      before: textIn(old.open, path),
      after: textIn(now.open, path),
    })),
    ...differing(old.secret, now.secret).map((path) => ({
      path: shorten(path),
      before: maskIn(old.secret, path),
      after: maskIn(now.secret, path),
    })),
  ].slice(0, MOST_CHANGES);
};
