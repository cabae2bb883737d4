import type { DeploymentView } from '../../../src/core/views.ts';
import { Icon } from '../parts/icon.tsx';
import { printOffset } from '../words/age.ts';
import { printWhole } from '../words/clock-time.ts';
import { visibleText } from '../words/visible-text.ts';
import { storyOf } from './story.ts';
import { TriggerEntries } from './trigger-entries.tsx';

/** When something was, counted from when the deployment was queued. */
const Offset = ({ at, from }: { readonly at: string; readonly from: string }) => {
  const ms = Date.parse(at);
  return (
    <time dateTime={at} title={printWhole(ms)}>
      {printOffset(ms - Date.parse(from))}
    </time>
  );
};

export const StoryList = ({ deployment }: { readonly deployment: DeploymentView }) => (
  <ol class="story">
    <TriggerEntries deployment={deployment} />
    {storyOf(deployment).map(({ at, look, title, detail }, index) => (
      <li key={index} class={look.tone}>
        <Icon name={look.icon} />
        <div>
          <p>{visibleText(title)}</p>
          {detail !== null && <p class="reason">{visibleText(detail)}</p>}
        </div>
        <Offset at={at} from={deployment.queuedAt} />
      </li>
    ))}
  </ol>
);
