/** The way further down a list that is shown from its newest on. */
export const ShowOlder = ({
  hasMore,
  isReading,
  onMore,
}: {
  readonly hasMore: boolean;
  readonly isReading: boolean;
  readonly onMore: () => void;
}) =>
  hasMore ? (
    <p class="older">
      <button type="button" onClick={onMore} aria-disabled={isReading}>
        {isReading ? 'Loading…' : 'Show older'}
      </button>
    </p>
  ) : null;
