import type { DayView } from '../../../src/core/contract/overview.ts';
import { printAddress } from '../address/address.ts';
import { Section } from '../parts/section.tsx';
import { printDuration } from '../words/age.ts';
import { useArrowKeys } from './use-arrow-keys.ts';

const secondsWords = (seconds: number | null): string =>
  seconds === null ? 'none' : printDuration(seconds * 1_000);

const dayWords = ({ day, deployments, failures, medianSeconds }: DayView): string =>
  `${day}: ${deployments} ${deployments === 1 ? 'deployment' : 'deployments'}, ${failures} failed` +
  (medianSeconds === null ? '' : `, push to verified ${secondsWords(medianSeconds)}`);

const percentOf = (part: number, whole: number): string =>
  `${whole === 0 ? 0 : ((part / whole) * 100).toFixed(1)}%`;

/** A day with its bars: what went well, with the failures on top, and below it the time from push to verified. */
const Day = ({
  day,
  most,
  longest,
}: {
  readonly day: DayView;
  readonly most: number;
  readonly longest: number;
}) => {
  const { deployments, failures, medianSeconds } = day;
  return (
    <div role="row" class="day">
      <div role="rowheader" class="date">
        {day.day.slice(5)}
      </div>
      <div role="cell" class="count-bar">
        <a href={printAddress(['deployments'], { day: day.day })} aria-label={dayWords(day)}>
          <span class="failed" style={{ height: percentOf(failures, most) }} />
          <span class="well" style={{ height: percentOf(deployments - failures, most) }} />
        </a>
      </div>
      <div role="cell" class="off-screen">
        {failures}
      </div>
      <div role="cell" class="time-bar">
        <span style={{ height: percentOf(medianSeconds ?? 0, longest) }} />
        <span class="off-screen">{secondsWords(medianSeconds)}</span>
      </div>
    </div>
  );
};

/** Thirty days as bars, which are a table for a screen reader. */
export const Month = ({ days }: { readonly days: readonly DayView[] }) => {
  const { told, picture } = useArrowKeys();
  const sum = days.reduce((all, { deployments }) => all + deployments, 0);
  const failed = days.reduce((all, { failures }) => all + failures, 0);
  const times = days.map(({ medianSeconds }) => medianSeconds).filter((one) => one !== null);
  const longest = Math.max(0, ...times);
  return (
    <Section
      title="Last 30 days"
      aside={
        <p class="faint">
          {sum} deployments, {failed} failed
        </p>
      }
    >
      <p class="told" aria-hidden="true">
        {told ||
          (times.length === 0
            ? 'Each bar is a day in UTC.'
            : `Each bar is a day in UTC. Below it: the median time from push to verified, at most ${secondsWords(longest)}.`)}
      </p>
      <div role="table" class="month" aria-label="Last 30 days" {...picture}>
        <div role="row" class="off-screen">
          <span role="columnheader">Day in UTC</span>
          <span role="columnheader">Deployments</span>
          <span role="columnheader">Failed</span>
          <span role="columnheader">Median time from push to verified</span>
        </div>
        {days.map((day) => (
          <Day
            key={day.day}
            day={day}
            most={Math.max(1, ...days.map(({ deployments }) => deployments))}
            longest={longest}
          />
        ))}
      </div>
    </Section>
  );
};
