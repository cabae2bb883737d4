import { tellSteps } from '../../../src/core/story/tell-steps.ts';
import type { DeploymentView } from '../../../src/core/contract/views.ts';
import { Icon } from '../parts/icon.tsx';
import { printOffset } from '../words/age.ts';
import { printWhole } from '../words/clock-time.ts';
import { visibleText } from '../words/visible-text.ts';
import { storyLook } from './story-look.ts';
import { TriggerEntries } from './trigger-entries.tsx';

/** The time of an event, counted from when the deployment was queued. */
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
    {tellSteps(deployment).map((entry, index) => (
      <li key={index} class={storyLook(entry).tone}>
        <Icon name={storyLook(entry).icon} />
        <div>
          <p>{visibleText(entry.title)}</p>
          {entry.detail !== null && <p class="reason">{visibleText(entry.detail)}</p>}
        </div>
        <Offset at={entry.at} from={deployment.queuedAt} />
      </li>
    ))}
  </ol>
);
