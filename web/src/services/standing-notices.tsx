import { scopeWords } from '../acts/freeze-words.ts';
import { CLUSTERS } from '../live/clusters-shown.ts';
import { FREEZES } from '../live/freezes-shown.ts';
import { useShown } from '../live/use-shown.ts';
import { Icon } from '../parts/icon.tsx';
import { visibleText } from '../words/visible-text.ts';

/** Clusters that do not answer. */
export const DownClusters = () => {
  const clusters = useShown(CLUSTERS).value ?? [];
  return (
    <>
      {clusters
        .filter(({ state }) => state === 'down')
        .map(({ name, problem }) => (
          <div key={name} class="notice bad" role="alert">
            <Icon name="cross" />
            <p>
              <strong>{name} is unreachable, so its services are not shown.</strong>{' '}
              {problem !== null && visibleText(problem)}
            </p>
          </div>
        ))}
    </>
  );
};

/** Notices about many services at once: clusters that do not answer, and wide freezes. */
export const StandingNotices = () => {
  const freezes = useShown(FREEZES).value ?? [];
  return (
    <>
      <DownClusters />
      {freezes
        .filter(({ service }) => service === null)
        .map((freeze) => (
          <div key={freeze.id} class="notice hold">
            <Icon name="pause" />
            <p>
              <strong>Frozen: {visibleText(scopeWords(freeze))}.</strong>{' '}
              {visibleText(freeze.reason)}{' '}
              <span class="faint">(by token {visibleText(freeze.by)})</span>
            </p>
          </div>
        ))}
    </>
  );
};
