import type { ComponentChildren } from 'preact';
import type { ApiProblem } from '../api/api-problem.ts';
import { connection } from '../live/connection.ts';
import type { Shown } from '../live/keep-shown.ts';
import { now } from '../live/now.ts';
import { printClock } from '../words/clock-time.ts';
import { visibleText } from '../words/visible-text.ts';
import { Icon } from './icon.tsx';

/** What failed, shown at the place where it failed. */
export const ProblemNotice = ({
  problem,
  what,
}: {
  readonly problem: Pick<ApiProblem, 'message'>;
  readonly what: string;
}) => (
  <div class="notice bad" role="alert">
    <Icon name="cross" />
    <p>
      <strong>{what}</strong> {visibleText(problem.message)}
    </p>
  </div>
);

export const Empty = ({ children }: { readonly children: ComponentChildren }) => (
  <div class="empty">{children}</div>
);

export const Loading = ({ what }: { readonly what: string }) => (
  <p class="loading" role="status">
    <span class="spinner" aria-hidden="true" />
    Loading {what}…
  </p>
);

/** The frame of the page already says that the helper is unreachable. */
const isToldAbove = (problem: ApiProblem): boolean =>
  problem.isAway && connection.value.kind === 'away';

/**
 * Shows a value in any state: before the first answer, that it is loading or why it is not there; afterwards the
 * value, with its age if it could not be read again.
 */
export const ShownAs = <T,>({
  shown,
  what,
  children,
}: {
  readonly shown: Shown<T>;
  readonly what: string;
  readonly children: (value: T) => ComponentChildren;
}) => {
  const { value, problem, knownAt } = shown;
  if (value === null) {
    return problem === null ? (
      <Loading what={what} />
    ) : (
      <ProblemNotice problem={problem} what={`Could not read ${what}:`} />
    );
  }
  return (
    <>
      {problem !== null && knownAt !== null && !isToldAbove(problem) && (
        <ProblemNotice
          problem={problem}
          what={`Showing data from ${printClock(knownAt, now.value)}:`}
        />
      )}
      {children(value)}
    </>
  );
};
