/** The origin of a part of the configuration. */
export type Origin =
  | {
      readonly kind: 'file';
      readonly file: string;
      readonly line: number;
      readonly column: number;
    }
  | { readonly kind: 'variable'; readonly name: string };

/** One mistake in the configuration, ready to be shown. It contains no secret. */
export type ConfigProblem = {
  /** Key path such as `clusters[1].url`; null if the mistake is not about one key. */
  readonly key: string | null;
  readonly origin: Origin | null;
  readonly found: string;
  readonly expected: string;
  /** What to do, or what was probably meant. */
  readonly hint: string | null;
};

export const printOrigin = (origin: Origin): string =>
  origin.kind === 'variable' ? origin.name : `${origin.file}:${origin.line}:${origin.column}`;

/** In the order of the file. Problems outside of any file come last. */
export const byPlace = (a: ConfigProblem, b: ConfigProblem): number => {
  const [lineA, columnA] = a.origin?.kind === 'file' ? [a.origin.line, a.origin.column] : [1e9, 0];
  const [lineB, columnB] = b.origin?.kind === 'file' ? [b.origin.line, b.origin.column] : [1e9, 0];
  return lineA - lineB || columnA - columnB;
};

const printProblem = (problem: ConfigProblem): string => {
  const where = [problem.origin === null ? null : printOrigin(problem.origin), problem.key];
  const lines = [
    `  ${where.filter((part) => part !== null).join('  ') || 'configuration'}`,
    `    found     ${problem.found}`,
    `    expected  ${problem.expected}`,
  ];
  if (problem.hint !== null) lines.push(`    ${problem.hint}`);
  return lines.join('\n');
};

/** All mistakes as lines for a person, without a final newline. */
export const formatProblems = (problems: readonly ConfigProblem[]): string =>
  [
    problems.length === 1
      ? 'The configuration has a mistake:'
      : `The configuration has ${problems.length} mistakes:`,
    ...problems.map(printProblem),
  ].join('\n\n');
