import type { DeliveryDetail } from '../../../src/core/contract/delivery-views.ts';
import type { DeploymentView, TriggerView } from '../../../src/core/contract/views.ts';
import { printAddress } from '../address/address.ts';
import { ask } from '../api/ask.ts';
import { useShown } from '../live/use-shown.ts';
import { Age } from '../parts/age.tsx';
import { Icon } from '../parts/icon.tsx';
import { visibleText } from '../words/visible-text.ts';

/** Many pushes in a row may cause one deployment; only these are shown. */
const MOST_TOLD = 5;

const HookEntry = ({ id, image }: { readonly id: string; readonly image: string }) => {
  const { value } = useShown<DeliveryDetail>({
    of: `delivery ${id}`,
    read: (signal) => ask(`/api/v1/deliveries/${encodeURIComponent(id)}`, { signal }),
    concerns: () => false,
  });
  const push = value?.pushes.find((one) => one.image === image);
  return (
    <>
      <Icon name="hook" />
      <div>
        <p>
          <a href={printAddress(['hooks', id])}>
            Hook{value === null ? '' : ` from ${visibleText(value.sender)}`}
          </a>
        </p>
        <p class="reason">
          {push === undefined ? 'a push' : `${visibleText(push.image)} was pushed`}
          {value !== null && `, let in by the secret ${visibleText(value.secret)}`}
        </p>
      </div>
      {value !== null && <Age at={value.receivedAt} />}
    </>
  );
};

const Entry = ({
  trigger,
  deployment,
}: {
  readonly trigger: TriggerView;
  readonly deployment: DeploymentView;
}) => {
  switch (trigger.kind) {
    case 'hook':
      return <HookEntry id={trigger.delivery} image={deployment.image} />;
    case 'smart-redeploy':
    case 'schedule':
      return (
        <>
          <Icon name="rocket" />
          <div>
            <p>
              <a href={printAddress(['smart-redeploy', trigger.run])}>
                SmartRedeploy{trigger.kind === 'schedule' ? ', on a schedule' : ''}
              </a>
            </p>
            <p class="reason">found it obsolete</p>
          </div>
        </>
      );
    case 'person':
      return (
        <>
          <Icon name="user" />
          <div>
            <p>{visibleText(trigger.actor)}</p>
            <p class="reason">asked for it</p>
          </div>
        </>
      );
    default:
      return trigger satisfies never;
  }
};

/** What caused a deployment, as the beginning of its story. */
export const TriggerEntries = ({ deployment }: { readonly deployment: DeploymentView }) => (
  <>
    {deployment.triggers.slice(0, MOST_TOLD).map((trigger, index) => (
      <li key={index} class="mute">
        <Entry trigger={trigger} deployment={deployment} />
      </li>
    ))}
    {deployment.triggerCount > Math.min(deployment.triggers.length, MOST_TOLD) && (
      <li class="mute">
        <Icon name="dots" />
        <p>
          {deployment.triggerCount - Math.min(deployment.triggers.length, MOST_TOLD)} more of the
          same
        </p>
      </li>
    )}
  </>
);
