import type { LaneBar, LaneView } from '../../../src/core/contract/overview.ts';
import { DEPLOYMENT_STATES } from '../../../src/core/contract/views.ts';
import { printAddress } from '../address/address.ts';
import { deploymentAddress } from '../deployments/deployment-columns.tsx';
import { endOfMinute } from '../live/now.ts';
import { HealthBadge, VerdictBadge } from '../parts/badge.tsx';
import { Icon } from '../parts/icon.tsx';
import { ServiceLink } from '../services/service-cells.tsx';
import { isOpen, stateLook } from '../words/deployment-words.ts';
import { visibleText } from '../words/visible-text.ts';
import { barWords, freezeWords, pushWords, spanOf } from './lane-words.ts';
import { placeOf, type Span, spread, ticksOf } from './scale.ts';
import { useArrowKeys } from './use-arrow-keys.ts';

/** The stylesheet's breakpoint: below it, a lane lies under its name. */
const NARROW = matchMedia('(width < 60rem)');
/** Least distance between two marks, in percent of the width: about their own width. */
const WIDE_STEPS = { bar: 2.6, push: 1.6 };
const NARROW_STEPS = { bar: 7, push: 4.5 };

const at = (place: number): string => `${place.toFixed(2)}%`;

const Bar = ({
  name,
  bar,
  left,
  right,
  now: present,
}: {
  readonly name: string;
  readonly bar: LaneBar;
  readonly left: number;
  readonly right: number;
  readonly now: number;
}) => {
  const { tone, icon } = stateLook(bar.state);
  return (
    <a
      class={`bar ${tone}${isOpen(bar) ? ' open' : ''}`}
      href={deploymentAddress(bar.id)}
      aria-label={barWords(name, bar, present)}
      style={{ left: at(left), width: at(Math.max(0, right - left)) }}
    >
      <Icon name={icon} />
    </a>
  );
};

/** What happened to a service, from left to right. */
const Track = ({ lane, span }: { readonly lane: LaneView; readonly span: Span }) => {
  const { service, deployments, pushes, freezes } = lane;
  const { name } = service;
  const steps = NARROW.matches ? NARROW_STEPS : WIDE_STEPS;
  const spans = deployments.map((bar) => spanOf(bar, span.until));
  const lefts = spread(
    spans.map(({ since }) => placeOf(since, span)),
    steps.bar,
  );
  const pushed = spread(
    pushes.map((push) => placeOf(Date.parse(push.at), span)),
    steps.push,
  );
  const bands = freezes.map((freeze) => {
    const left = placeOf(Date.parse(freeze.since), span);
    const right = freeze.until === null ? 100 : placeOf(Date.parse(freeze.until), span);
    const mark = (
      <a
        key={freeze.id}
        class="band hold"
        href="#/health"
        aria-label={freezeWords(name, freeze, span.until)}
        style={{ left: `min(${at(left)}, 100% - 0.5rem)`, width: at(right - left) }}
      />
    );
    return { since: freeze.since, mark };
  });
  const bars = deployments.map((bar, index) => {
    const right = Math.min(placeOf(spans[index]?.until ?? 0, span), lefts[index + 1] ?? 100);
    const left = lefts[index] ?? 0;
    const mark = (
      <Bar key={bar.id} name={name} bar={bar} left={left} right={right} now={span.until} />
    );
    return { since: bar.startedAt ?? bar.queuedAt, mark };
  });
  const pins = pushes.map((push, index) => {
    const mark = (
      <a
        key={`${push.delivery} ${push.tag}`}
        class="push"
        href={printAddress(['hooks', push.delivery])}
        aria-label={pushWords(name, push, span.until)}
        style={{ left: at(pushed[index] ?? 0) }}
      />
    );
    return { since: push.at, mark };
  });
  // In order of time, for the keyboard and for a screen reader.
  const marks = [...bands, ...pins, ...bars].toSorted(
    (one, other) => Date.parse(one.since) - Date.parse(other.since),
  );
  return (
    <div role="cell" class="track">
      {marks.map(({ mark }) => mark)}
      {marks.length === 0 && <span class="off-screen">nothing</span>}
    </div>
  );
};

const State = ({ lane: { health, healthReason, verdict } }: { readonly lane: LaneView }) => {
  if (health !== null && health !== 'ok' && healthReason !== 'not-observed') {
    return <HealthBadge health={health} />;
  }
  if (verdict !== null && verdict !== 'current') return <VerdictBadge verdict={verdict} />;
  return <span class="off-screen">{verdict === null ? 'removed or unreachable' : 'ok'}</span>;
};

/** The ends that bars can have, and the other marks, so that nobody has to guess them. */
const Legend = () => (
  <ul class="legend" aria-hidden="true">
    {DEPLOYMENT_STATES.filter((state) => state !== 'queued' && state !== 'verifying').map(
      (state) => (
        <li key={state}>
          <span class={`key ${stateLook(state).tone}`}>
            <Icon name={stateLook(state).icon} />
          </span>
          {state}
        </li>
      ),
    )}
    <li>
      <span class="key push" /> push
    </li>
    <li>
      <span class="key band hold" /> freeze
    </li>
  </ul>
);

/**
 * One lane per service: deployments as bars in the colour and with the sign of their end, pushes as marks, freezes as
 * bands. It is a table, so that a screen reader reads it as one.
 */
export const Lanes = ({
  label,
  since,
  lanes,
}: {
  readonly label: string;
  readonly since: string;
  readonly lanes: readonly LaneView[];
}) => {
  const { told, picture } = useArrowKeys();
  // The picture moves once a minute, not every second.
  const span = {
    since: Date.parse(since),
    until: endOfMinute.value,
  };
  return (
    <div class="lanes">
      <p class="told" aria-hidden="true">
        {told || 'Point at a mark to read it. The arrow keys walk them.'}
      </p>
      <div role="table" class="lane-table" aria-label={label} {...picture}>
        <div class="axis" aria-hidden="true">
          {ticksOf(span).map(({ at: time, text }) => (
            <span key={time} class="tick" style={{ left: at(placeOf(time, span)) }}>
              {text}
            </span>
          ))}
        </div>
        <div role="row" class="off-screen">
          <span role="columnheader">Service</span>
          <span role="columnheader">State</span>
          <span role="columnheader">Deployments, pushes and freezes</span>
        </div>
        {lanes.map((lane) => (
          <div role="row" class="lane" key={`${lane.cluster}/${lane.service.id}`}>
            <div
              role="rowheader"
              class="cell"
              title={visibleText(`${lane.service.name} on ${lane.cluster}`)}
            >
              <ServiceLink cluster={lane.cluster} name={lane.service.name} />
            </div>
            <div role="cell" class="cell">
              <State lane={lane} />
            </div>
            <Track lane={lane} span={span} />
          </div>
        ))}
      </div>
      <Legend />
    </div>
  );
};
