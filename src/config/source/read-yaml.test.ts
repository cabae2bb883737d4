import { expect, test } from 'vitest';
import { type ConfigProblem, printOrigin } from './problem.ts';
import { readYaml } from './read-yaml.ts';
import { createSource } from './source.ts';

const problemsOf = (yaml: string): readonly ConfigProblem[] => {
  const source = createSource();
  readYaml(source, 'c.yaml', yaml, {});
  return source.problems;
};

test.each([
  ['a tab', 'a:\n\t- b', 'c.yaml:2:1'],
  ['a key twice', 'store: a\nstore: b', 'c.yaml:2:1'],
  ['an open bracket', 'clusters: [', 'c.yaml:1:12'],
])('broken YAML: %s', (_, yaml, place) => {
  const problems = problemsOf(yaml);
  expect(problems.length).toBeGreaterThan(0);
  expect(problems[0]?.origin && printOrigin(problems[0].origin)).toBe(place);
});

test('aliases without end are bounded', () => {
  const laughs = Array.from(
    { length: 12 },
    (_, level) =>
      `k${level}: &a${level} [${Array.from({ length: 9 }, () => (level === 0 ? 'x' : `*a${level - 1}`)).join(',')}]`,
  ).join('\n');
  for (const yaml of [laughs, 'a: &a [*a]']) {
    expect(problemsOf(yaml).some(({ found }) => found.includes('aliases without end'))).toBe(true);
  }
});
