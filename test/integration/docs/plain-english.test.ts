import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../support/project/read-docs.ts';

/** What readers stumble over, with what to write in its place. */
const PHRASES: readonly (readonly [phrase: RegExp, instead: string])[] = [
  [/\b(?:is|are) told\b/i, 'gets, learns, shows, is reported'],
  [/\b(?:cannot|not) be told\b/i, 'could not be determined'],
  [/\bbe had\b/i, 'be read, is available'],
  [/\bby itself\b/i, 'automatically'],
  [/\bwhoever\b/i, 'anyone who, the person who'],
  [/\bof which no\b/i, 'a sentence of its own'],
  [/\bweb hook/i, 'webhook'],
  [/\btelephone\b/i, 'phone'],
  [/\ba registry away\b/i, 'a registry that is unreachable'],
  [/\bnames no digest\b/i, 'has no digest'],
  [/\blets? nobody in\b/i, 'is not valid'],
  [/\btried again\b/i, 'retried'],
  [/\b(?:that you|person may still) insist\b|\binsist with force\b/i, 'confirm, force'],
  [/\bby the clock\b/i, 'on a schedule'],
  [/(?<![\d.])0 well\b/i, '0 success'],
];

const problemsIn = (file: string, text: string): readonly string[] =>
  text
    .split('\n')
    .flatMap((line, index) =>
      PHRASES.filter(([phrase]) => phrase.test(line)).map(
        ([phrase, instead]) =>
          `${file}:${index + 1}: ${phrase.exec(line)?.[0]} (write: ${instead})`,
      ),
    );

/** The program without its comments: what is left of its words is read by its users. */
const withoutComments = (text: string): string =>
  text
    .replaceAll(/\/\*[^]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ''))
    .replaceAll(/^\s*\/\/.*$/gm, '');

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const files = (...patterns: readonly string[]): readonly string[] =>
  globSync([...patterns], { cwd: ROOT, exclude: ['**/*.test.*', 'docs/adr/**'] }).toSorted();

describe('plain English', () => {
  // docs/reference holds the help of every command and the description of every route and key.
  it.each([
    ['pages', ['*.md', 'docs/**/*.md', 'examples/*.md', 'deploy/*.md', '.changeset/*.md']],
    ['files to copy', ['deploy/*.yml', 'examples/**/*.{yml,yaml,sh}', 'action.yml']],
  ])('in %s', (_what, patterns) => {
    const found = files(...patterns);
    expect(found.length).toBeGreaterThan(5);
    expect(found.flatMap((file) => problemsIn(file, read(file)))).toEqual([]);
  });

  it.each([
    ['the dashboard', ['web/src/**/*.{ts,tsx}']],
    ['messages of the helper and its command line', ['src/**/*.ts']],
  ])('in %s', (_what, patterns) => {
    const found = files(...patterns);
    expect(found.length).toBeGreaterThan(50);
    expect(found.flatMap((file) => problemsIn(file, withoutComments(read(file))))).toEqual([]);
  });

  it('is found to be missing', () => {
    const text =
      "// is told\nconst a = 'A web hook is told';\n/* whoever */ const b = 'whoever asks';";
    expect(problemsIn('a.ts', withoutComments(text))).toEqual([
      'a.ts:2: is told (write: gets, learns, shows, is reported)',
      'a.ts:2: web hook (write: webhook)',
      'a.ts:3: whoever (write: anyone who, the person who)',
    ]);
  });
});
