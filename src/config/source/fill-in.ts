export type FilledIn = {
  readonly text: string;
  /** Names of the variables that were asked for. */
  readonly used: readonly string[];
  /** Those of them that are neither set nor have a default. */
  readonly missing: readonly string[];
};

/** `${NAME}` or `${NAME:-default}`; a `$` before it keeps it as it is written. */
const PLACE = /(\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/**
 * Fills `${NAME}` in from the environment. An empty variable counts as not set. `$${NAME}` stands
 * for `${NAME}` itself; every other `$` is left alone, as passwords have them.
 */
export const fillIn = (
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): FilledIn => {
  const used: string[] = [];
  const missing: string[] = [];
  const filled = text.replaceAll(
    PLACE,
    (whole: string, escape: string, name: string, otherwise: string | undefined) => {
      if (escape !== '') return whole.slice(1);
      used.push(name);
      const value = env[name];
      if (value !== undefined && value !== '') return value;
      if (otherwise === undefined) missing.push(name);
      return otherwise ?? '';
    },
  );
  return { text: filled, used, missing };
};
