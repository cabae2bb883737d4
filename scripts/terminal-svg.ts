/** The width in columns. A longer line ends with `…`. */
const COLUMNS = 100;
const CHARACTER_WIDTH = 7.8;
const LINE_HEIGHT = 18;
const FONT_SIZE = 13;
const MARGIN = 16;
const BAR_HEIGHT = 30;

type Span = { readonly text: string; readonly classes: readonly string[] };

/** The codes that the demo writes, and what each switches on. An empty text switches the pair off. */
const SWITCHES: ReadonlyMap<number, readonly [pair: 'weight' | 'colour', on: string]> = new Map([
  [1, ['weight', 'bold']],
  [2, ['weight', 'dim']],
  [22, ['weight', '']],
  [31, ['colour', 'red']],
  [32, ['colour', 'green']],
  [33, ['colour', 'yellow']],
  [36, ['colour', 'cyan']],
  [39, ['colour', '']],
]);

// oxlint-disable-next-line no-control-regex -- that is what colours are made of
const COLOUR_CODE = /\u001B\[([\d;]*)m/;

/** One line of a terminal, split into spans of one style each. */
const spansOf = (line: string): readonly Span[] => {
  const now = { weight: '', colour: '' };
  let left = COLUMNS;
  const spans: Span[] = [];
  for (const [index, part] of line.split(COLOUR_CODE).entries()) {
    if (index % 2 === 1) {
      for (const code of part.split(';')) {
        const [pair, on] = SWITCHES.get(Number(code)) ?? [];
        if (pair === undefined || on === undefined) now.weight = now.colour = '';
        else now[pair] = on;
      }
    } else if (part !== '' && left > 0) {
      const text = part.length > left ? `${part.slice(0, left - 1)}…` : part;
      left -= part.length;
      spans.push({ text, classes: Object.values(now).filter((name) => name !== '') });
    }
  }
  return spans;
};

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const drawLine = (line: string, index: number): string => {
  const y = BAR_HEIGHT + MARGIN + (index + 1) * LINE_HEIGHT - 5;
  const drawn = spansOf(line).map(({ text, classes }) =>
    classes.length === 0
      ? escape(text)
      : `<tspan class="${classes.join(' ')}">${escape(text)}</tspan>`,
  );
  return drawn.length === 0 ? '' : `<text x="${MARGIN}" y="${y}">${drawn.join('')}</text>`;
};

const STYLE = `
.page { fill: #ffffff; stroke: #d0d7de }
.bar { fill: #f6f8fa }
text { fill: #1f2328; font: ${FONT_SIZE}px ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; white-space: pre }
.bold { font-weight: 700 }
.dim { fill: #59636e }
.green { fill: #116329 }
.red { fill: #b62324 }
.yellow { fill: #7d4e00 }
.cyan { fill: #0a5c74 }
@media (prefers-color-scheme: dark) {
  .page { fill: #0d1117; stroke: #3d444d }
  .bar { fill: #151b23 }
  text { fill: #f0f6fc }
  .dim { fill: #9198a1 }
  .green { fill: #56d364 }
  .red { fill: #ff7b72 }
  .yellow { fill: #e3b341 }
  .cyan { fill: #76e3ea }
}`;

/**
 * The content of a terminal as an SVG. It needs no external files and follows the reader's light or dark scheme.
 * `description` is for people who cannot see it.
 */
export const drawTerminal = (
  output: string,
  { title, description }: { readonly title: string; readonly description: string },
): string => {
  const lines = output.split('\n');
  const width = Math.ceil(COLUMNS * CHARACTER_WIDTH) + 2 * MARGIN;
  const height = BAR_HEIGHT + lines.length * LINE_HEIGHT + 2 * MARGIN;
  const drawn = lines.map(drawLine).filter((line) => line !== '');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description">
<title id="title">${escape(title)}</title>
<desc id="description">${escape(description)}</desc>
<style>${STYLE}
</style>
<rect class="page" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
<path class="bar" d="M1 ${BAR_HEIGHT}V9a8 8 0 0 1 8-8H${width - 9}a8 8 0 0 1 8 8V${BAR_HEIGHT}Z"/>
<text class="dim" x="${MARGIN}" y="20">${escape(title)}</text>
<g xml:space="preserve">
${drawn.join('\n')}
</g>
</svg>
`;
};
