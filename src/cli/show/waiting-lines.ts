import { shortDigest } from '../../core/image/digest.ts';
import type { WaitingView } from '../../core/policy/approvals/waiting-view.ts';
import type { GateView } from '../../core/policy/gates/gate-state.ts';
import type { BuildFacts } from '../../core/image/published.ts';
import { printAge } from '../output/age.ts';
import { printable } from '../output/cell-text.ts';
import type { Column } from '../output/column-widths.ts';
import type { Context } from '../client/context.ts';
import { labelledLines } from '../output/labelled-lines.ts';
import { printTime } from '../output/print-time.ts';
import { type Cell, tableLines } from '../output/table.ts';

const COLUMNS: readonly Column[] = [
  { title: 'SERVICE', least: 24, whole: true },
  { title: 'CHANGE', least: 18, spare: 2 },
  { title: 'GATE', least: 8 },
  { title: 'VOTES', least: 5 },
  { title: 'UNTIL', least: 8 },
  { title: 'FOR', least: 3, spare: 1 },
  { title: 'OPENED BY', least: 9, spare: 3 },
  { title: 'ASKED BY', least: 8, spare: 0 },
];

const SHORT_REVISION = 7;
const commitOf = (build: BuildFacts | null): string | null =>
  build?.revision?.slice(0, SHORT_REVISION) ?? build?.version ?? null;

const known = (build: BuildFacts | null, digest: string | null): string =>
  commitOf(build) ?? (digest === null ? 'unknown' : shortDigest(digest));

/** `982c388 → 1f0e3da`: commits if both are known, otherwise digests. */
export const changeText = ({ running, target, build }: WaitingView): string => {
  const hasCommits = commitOf(build.running) !== null && commitOf(build.target) !== null;
  const [from, to] = hasCommits
    ? [known(build.running, running), known(build.target, target.digest)]
    : [known(null, running), known(null, target.digest)];
  return `${from} → ${to}`;
};

const tagText = ({ image, target }: WaitingView): string => {
  const present = image.slice(image.lastIndexOf(':') + 1);
  return present === target.tag ? '' : `, ${present} → ${target.tag}`;
};

const votesText = ({ votes }: GateView): string =>
  votes === null ? '' : `${votes.given}/${votes.needed}`;

const openedBy = ({ gate, canOpen }: GateView): string =>
  canOpen.length === 0 ? 'time' : gate === 'approval' ? canOpen.join(', ') : 'time, or votes';

/** One line for each closed gate of each service. */
export const waitingLines = (
  { colours, deps, width }: Context,
  all: readonly WaitingView[],
): readonly string[] => {
  const hasManyClusters = new Set(all.map(({ cluster }) => cluster)).size > 1;
  const rows = all.flatMap((one) =>
    one.gates.map((gate): Cell[] => [
      ...(hasManyClusters ? [one.cluster] : []),
      one.name,
      `${changeText(one)}${tagText(one)}`,
      gate.gate,
      votesText(gate),
      gate.until === null ? '' : printTime(gate.until, deps.now()),
      printAge(one.since, deps.now()),
      openedBy(gate),
      gate.source,
    ]),
  );
  return tableLines({
    columns: hasManyClusters ? [{ title: 'CLUSTER' }, ...COLUMNS] : COLUMNS,
    rows,
    width,
    paintTitle: colours.dim,
  });
};

/** What a decision about one service is about, for the person who decides. */
export const decisionLines = (context: Context, one: WaitingView): readonly string[] => {
  const { colours, deps } = context;
  const gates = one.gates.map((gate) => {
    const until = gate.until === null ? '' : `, until ${printTime(gate.until, deps.now())}`;
    const voters =
      gate.votes === null || gate.votes.by.length === 0 ? '' : ` (${gate.votes.by.join(', ')})`;
    return `${gate.gate}: ${gate.detail}${voters}${until}`;
  });
  return [
    colours.bold(printable(`${one.name} on ${one.cluster}`)),
    ...labelledLines(colours, 10, [
      ['image', `${one.image}${tagText(one)}`],
      ['change', changeText(one)],
      ['digest', one.target.digest],
      ['source', one.build.target?.source ?? ''],
      ['changes', one.compareUrl ?? ''],
      ['waits for', ...gates],
    ]),
  ];
};
