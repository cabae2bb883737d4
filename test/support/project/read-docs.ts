import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A fenced block. `kind` is what follows the language: ```` ```json hook docker-hub ````. */
export type Block = {
  readonly at: string;
  readonly language: string;
  readonly kind: readonly string[];
  readonly text: string;
};

/** One page of the documentation, parsed. `path` is relative to the root of the checkout. */
export type Page = {
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  /** Text between backticks outside of blocks, with its place. */
  readonly codes: readonly { readonly at: string; readonly text: string }[];
  /** Targets of links and images. */
  readonly links: readonly string[];
  /** Anchors of its headings, in GitHub's form. */
  readonly anchors: readonly string[];
  /** The body rows of every table, with their cells and the column titles of their table. */
  readonly rows: readonly Row[];
};

export type Row = {
  readonly at: string;
  readonly titles: readonly string[];
  readonly cells: readonly string[];
};

export const ROOT = join(import.meta.dirname, '..', '..', '..');

const cellsOf = (line: string): readonly string[] =>
  line
    .replace(/^\||\|\s*$/g, '')
    .split('|')
    .map((cell) => cell.trim());

const anchorOf = (heading: string): string =>
  heading
    .replaceAll(/[`*]/g, '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');

const RULE = /^\|(?:\s*:?-+:?\s*\|)+\s*$/;

export const readPage = (path: string): Page => {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const blocks: Block[] = [];
  const codes: { at: string; text: string }[] = [];
  const links: string[] = [];
  const anchors: string[] = [];
  const rows: Row[] = [];
  let open: { at: string; words: readonly string[]; lines: string[] } | null = null;
  let titles: readonly string[] | null = null;
  let before = '';
  for (const [index, line] of text.split('\n').entries()) {
    const at = `${path}:${index + 1}`;
    const fence = /^```(.*)$/.exec(line);
    if (open !== null) {
      if (fence === null) open.lines.push(line);
      else {
        const [language = '', ...kind] = open.words;
        blocks.push({ at: open.at, language, kind, text: open.lines.join('\n') });
        open = null;
      }
      continue;
    }
    if (fence !== null) {
      open = { at, words: (fence[1] ?? '').split(' '), lines: [] };
      continue;
    }
    if (RULE.test(line)) titles = cellsOf(before);
    else if (titles !== null && line.startsWith('|'))
      rows.push({ at, titles, cells: cellsOf(line) });
    else titles = null;
    before = line;
    const heading = /^#+ (.*)$/.exec(line)?.[1];
    if (heading !== undefined) anchors.push(anchorOf(heading));
    for (const [, code = ''] of line.matchAll(/`([^`]+)`/g)) codes.push({ at, text: code });
    for (const [, target = ''] of line.replaceAll(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g))
      links.push(target);
  }
  if (open !== null) throw new Error(`${open.at}: a block without an end`);
  return { path, text, blocks, codes, links, anchors, rows };
};

export const readPages = (...patterns: readonly string[]): readonly Page[] =>
  globSync([...patterns], { cwd: ROOT })
    .toSorted()
    .map(readPage);

/** The codes in a cell: `` `a`, `b` `` is a and b. */
export const codesIn = (cell: string): readonly string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

/** The words that a shell makes from a line: handles quotes, comments and redirections, but expands nothing. */
export const shellWords = (line: string): readonly string[] => {
  const words: string[] = [];
  for (const [word] of line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)) {
    if (/^(?:#|>|<|\||&)/.test(word)) break;
    words.push(word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'));
  }
  return words;
};
