import type { DeliveryView, PushView } from '../../../src/core/contract/delivery-views.ts';
import { printAddress } from '../address/address.ts';
import { Badge } from '../parts/badge.tsx';
import { outcomeOf } from '../words/deployment-words.ts';
import { visibleText } from '../words/visible-text.ts';

const ignoredWords = (reason: string): string => reason.replaceAll('-', ' ');

const resultsOf = (pushes: readonly PushView[]): readonly PushView['results'][number][] =>
  pushes.flatMap(({ results }) => results);

/** What a delivery did, or why it did nothing. */
export const DeliveryOutcome = ({ delivery }: { readonly delivery: DeliveryView }) => {
  const { duplicateOf, pushes, ignored } = delivery;
  if (duplicateOf !== null) {
    return (
      <span class="verdict">
        <Badge look={{ tone: 'mute', icon: 'copy' }} word="repeated" />
        <a href={printAddress(['hooks', duplicateOf])}>the first one</a>
      </span>
    );
  }
  const results = resultsOf(pushes);
  if (pushes.length === 0) {
    const reasons = [...new Set(ignored.map(({ reason }) => ignoredWords(reason)))].join(', ');
    return (
      <span class="verdict">
        <Badge look={{ tone: 'mute', icon: 'minus' }} word="ignored" />
        <span class="reason">{visibleText(reasons)}</span>
      </span>
    );
  }
  const words = Map.groupBy(results.map(outcomeOf), (outcome) => outcome.words);
  return (
    <span class="verdict">
      {[...words].map(([word, [first]]) =>
        first === undefined ? null : (
          <Badge key={word} look={first.look} word={visibleText(word)} />
        ),
      )}
      {words.size === 0 && <Badge look={{ tone: 'mute', icon: 'clock' }} word="waiting" />}
    </span>
  );
};
