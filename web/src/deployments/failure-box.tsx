import { endWords } from '../../../src/core/story/words.ts';
import type { DeploymentView, FailureView } from '../../../src/core/contract/views.ts';
import { isOperator } from '../live/session-state.ts';
import { Icon } from '../parts/icon.tsx';
import { visibleText } from '../words/visible-text.ts';

const Log = ({ log }: { readonly log: FailureView['log'] }) => {
  if (log.length > 0) {
    return (
      <div>
        <h3>Last lines of the container</h3>
        {/* Scrolls on its own, also with the keyboard. */}
        <pre class="log" tabIndex={0} role="region" aria-label="Last lines of the container">
          {log.map(visibleText).join('\n')}
        </pre>
      </div>
    );
  }
  return (
    <p class="faint">
      {isOperator() ? 'The container logged nothing.' : 'Only operators can read container logs.'}
    </p>
  );
};

/** What went wrong, with the last log lines of the failed container. */
export const FailureBox = ({
  failure,
  reason,
}: {
  readonly failure: FailureView;
  readonly reason: DeploymentView['reason'];
}) => {
  const node = failure.nodeName ?? failure.node;
  return (
    <section class="failure bad" aria-label="Failure">
      <h2>
        <Icon name="cross" />
        {reason === null ? 'It failed' : visibleText(endWords(reason))}
      </h2>
      <p>{visibleText(failure.message)}</p>
      {(node !== null || failure.exitCode !== null) && (
        <p class="faint">
          {node !== null && `node ${visibleText(node)}`}
          {node !== null && failure.exitCode !== null && ', '}
          {failure.exitCode !== null && `exit code ${failure.exitCode}`}
        </p>
      )}
      <Log log={failure.log} />
    </section>
  );
};
