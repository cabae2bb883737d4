import type { Colours } from './colours.ts';
import type { DeploymentState, VerdictName } from '../../core/contract/views.ts';
import type { Paint, PaintedText } from './table.ts';

/** Each has its own sign, so that it is readable without colour. */
const VERDICT_SIGNS: Readonly<Record<VerdictName, string>> = {
  current: '✓',
  obsolete: '↑',
  waiting: '◷',
  updating: '…',
  diverged: '≠',
  pinned: '·',
  excluded: '·',
  held: '‖',
  unknown: '?',
};

const STATE_SIGNS: Readonly<Record<DeploymentState, string>> = {
  queued: '·',
  updating: '…',
  verifying: '…',
  succeeded: '✓',
  failed: '✗',
  'rolled-back': '↩',
  superseded: '»',
  skipped: '-',
};

const paints = (colours: Colours): Readonly<Record<VerdictName | DeploymentState, Paint>> => ({
  current: colours.green,
  obsolete: colours.yellow,
  waiting: colours.magenta,
  updating: colours.cyan,
  diverged: colours.red,
  pinned: colours.dim,
  excluded: colours.dim,
  held: colours.magenta,
  unknown: colours.red,
  queued: colours.dim,
  verifying: colours.cyan,
  succeeded: colours.green,
  failed: colours.red,
  'rolled-back': colours.red,
  superseded: colours.dim,
  skipped: colours.dim,
});

/** A verdict with its sign and colour. A newer helper may have more values than this program knows. */
export const verdictCell = (colours: Colours, verdict: VerdictName): PaintedText => ({
  text: `${VERDICT_SIGNS[verdict] ?? ' '} ${verdict}`,
  paint: paints(colours)[verdict] ?? String,
});

/** The state of a deployment with its sign and colour. */
export const stateCell = (colours: Colours, state: DeploymentState): PaintedText => ({
  text: `${STATE_SIGNS[state] ?? ' '} ${state}`,
  paint: paints(colours)[state] ?? String,
});
