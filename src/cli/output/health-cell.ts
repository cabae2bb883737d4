import type { HealthName } from '../../core/health/health.ts';
import type { ServiceView } from '../../core/contract/views.ts';
import type { Colours } from './colours.ts';
import type { Paint, PaintedText } from './table.ts';

/** Each has its own sign, so that it is readable without colour. */
const SIGNS: Readonly<Record<HealthName, string>> = {
  failing: '✗',
  paused: '‖',
  deploying: '…',
  degraded: '!',
  stopped: '·',
  ok: '✓',
  unknown: '?',
};

const paints = (colours: Colours): Readonly<Record<HealthName, Paint>> => ({
  failing: colours.red,
  paused: colours.magenta,
  deploying: colours.cyan,
  degraded: colours.yellow,
  stopped: colours.dim,
  ok: colours.green,
  unknown: colours.yellow,
});

/** A health with its sign and colour. A newer helper may have more values than this program knows. */
export const healthCell = (colours: Colours, health: HealthName): PaintedText => ({
  text: `${SIGNS[health] ?? ' '} ${health}`,
  paint: paints(colours)[health] ?? String,
});

/** An older helper reports no health, and a plan is made without observing it. */
export const isObserved = ({ health, healthReason }: ServiceView): boolean =>
  health !== undefined && healthReason !== 'not-observed';

/** Whether a person should look at it. */
export const needsSomebody = ({ health }: ServiceView): boolean =>
  health === 'failing' || health === 'paused' || health === 'degraded';
