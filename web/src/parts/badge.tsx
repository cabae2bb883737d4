import type { HealthName } from '../../../src/core/health/health.ts';
import type { DeploymentState, VerdictName } from '../../../src/core/contract/views.ts';
import type { RunState } from '../../../src/core/contract/run-views.ts';
import { runLook, stateLook } from '../words/deployment-words.ts';
import { healthLook, healthMeaning } from '../words/health-words.ts';
import type { Look } from '../words/look.ts';
import { verdictLook, verdictMeaning } from '../words/verdict-words.ts';
import { Icon } from './icon.tsx';

type BadgeProps = { readonly look: Look; readonly word: string; readonly title?: string };

/** A word with a shape and a colour of the same meaning. */
export const Badge = ({ look: { tone, icon }, word, title }: BadgeProps) => (
  <span class={`badge ${tone}`} {...(title === undefined ? {} : { title })}>
    <Icon name={icon} />
    {word}
  </span>
);

export const VerdictBadge = ({ verdict }: { readonly verdict: VerdictName }) => (
  <Badge look={verdictLook(verdict)} word={verdict} title={verdictMeaning(verdict)} />
);

export const HealthBadge = ({ health }: { readonly health: HealthName }) => (
  <Badge look={healthLook(health)} word={health} title={healthMeaning(health)} />
);

export const StateBadge = ({ state }: { readonly state: DeploymentState }) => (
  <Badge look={stateLook(state)} word={state} />
);

export const RunBadge = ({ state }: { readonly state: RunState }) => (
  <Badge look={runLook(state)} word={state} />
);
