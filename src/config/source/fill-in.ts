export type FilledIn = {
  readonly text: string;
  /** Names of all variables in the text. */
  readonly used: readonly string[];
  /** Those of them that are not set and have no default. */
  readonly missing: readonly string[];
};

/** `${NAME}` or `${NAME:-default}`. A `$` before it keeps it unchanged. */
const PLACE = /(\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/**
 * Replaces `${NAME}` with values from the environment. An empty variable counts as not set. `$${NAME}` stands for a
 * literal `${NAME}`. Every other `$` stays, because passwords contain them.
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
