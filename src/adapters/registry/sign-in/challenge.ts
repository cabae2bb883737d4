/** One challenge of a `WWW-Authenticate`, with its scheme and parameter names in lower case. */
export type Challenge = {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
};

/** Longer than any real header. The rest is ignored. */
const LONGEST_HEADER = 8 * 1024;

const PARAMETER =
  /[\s,]*([!#$%&'*+.^_`|~\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",=][^\s",]*))(?:\s*(?:,|$)|\s+)/y;
const SCHEME = /[\s,]*([!#$%&'*+.^_`|~\w-]+)(?:\s+|\s*,|\s*$)/y;
// Some registries separate parameters only by spaces, and the engine accepts that.
/** Some schemes have this instead of parameters: `Negotiate oYIB…==`. */
const TOKEN68 = /\s*[\w.~+/-]+=*\s*(?:,|$)/y;

const stickyMatch = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at;
  return pattern.exec(text);
};

/**
 * The challenges of a `WWW-Authenticate` header
 * ({@link https://www.rfc-editor.org/rfc/rfc9110#field.www-authenticate RFC 9110}), in order. Parsing stops at the
 * first part that cannot be understood.
 */
export const parseChallenges = (header: string): readonly Challenge[] => {
  const text = header.slice(0, LONGEST_HEADER);
  const challenges: Challenge[] = [];
  let at = 0;
  while (at < text.length) {
    const scheme = stickyMatch(SCHEME, text, at);
    if (scheme?.[1] === undefined) break;
    at += scheme[0].length;
    const parameters = new Map<string, string>();
    challenges.push({ scheme: scheme[1].toLowerCase(), parameters });
    if (scheme[0].trimEnd().endsWith(',')) continue;
    let parameter = stickyMatch(PARAMETER, text, at);
    if (parameter === null) at += stickyMatch(TOKEN68, text, at)?.[0].length ?? 0;
    while (parameter !== null) {
      at += parameter[0].length;
      const [, name = '', quoted, plain = ''] = parameter;
      parameters.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/g, '$1') ?? plain);
      parameter = stickyMatch(PARAMETER, text, at);
    }
  }
  return challenges;
};
