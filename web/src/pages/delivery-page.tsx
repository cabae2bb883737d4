import { useState } from 'preact/hooks';
import type { DeliveryDetail } from '../../../src/core/contract/delivery-views.ts';
import type { DeploymentView } from '../../../src/core/contract/views.ts';
import { ask } from '../api/ask.ts';
import { DeploymentTable } from '../deployments/deployment-table.tsx';
import { DeliveryOutcome } from '../hooks/delivery-outcome.tsx';
import { PushList } from '../hooks/push-list.tsx';
import { ReplayDialog } from '../hooks/replay-dialog.tsx';
import { isOperator } from '../live/session-state.ts';
import { useShown } from '../live/use-shown.ts';
import { Age } from '../parts/age.tsx';
import { Facts } from '../parts/facts.tsx';
import { ShownAs } from '../parts/notice.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Section } from '../parts/section.tsx';
import { layOutJson } from '../words/lay-out-json.ts';
import { visibleText } from '../words/visible-text.ts';

const Came = ({ headers, body }: Pick<DeliveryDetail, 'headers' | 'body'>) => (
  <Section title="What came in">
    <p class="faint">Secrets are removed.</p>
    <pre class="log" tabIndex={0} role="region" aria-label="Headers">
      {Object.entries(headers)
        .map(([name, value]) => `${visibleText(name)}: ${visibleText(value)}`)
        .join('\n')}
    </pre>
    {body === null ? (
      <p class="faint">Its body is not kept, because it contained no push.</p>
    ) : (
      <pre class="log" tabIndex={0} role="region" aria-label="Body">
        {layOutJson(body).split('\n').map(visibleText).join('\n')}
      </pre>
    )}
  </Section>
);

/** Deployments are read one by one. More than this are only counted. */
const MOST_READ = 20;

const Deployments = ({ ids }: { readonly ids: readonly string[] }) => {
  const read = ids.slice(0, MOST_READ);
  const shown = useShown<readonly DeploymentView[]>({
    of: `deployments ${read.join(' ')}`,
    read: (signal) =>
      Promise.all(
        read.map((id) =>
          ask<DeploymentView>(`/api/v1/deployments/${encodeURIComponent(id)}`, { signal }),
        ),
      ),
    concerns: ({ type }) => type === 'deployment',
  });
  return (
    <Section title="Deployments">
      <ShownAs shown={shown} what="its deployments">
        {(deployments) => (
          <DeploymentTable label="Deployments of the delivery" deployments={deployments} />
        )}
      </ShownAs>
      {ids.length > MOST_READ && <p class="faint">and {ids.length - MOST_READ} more</p>}
    </Section>
  );
};

const Delivery = ({
  delivery,
  onDone,
}: {
  readonly delivery: DeliveryDetail;
  readonly onDone: () => void;
}) => {
  const [isAsking, setAsking] = useState(false);
  const { pushes, ignored, deployments } = delivery;
  return (
    <>
      {isOperator() && (
        <div class="acts">
          <button type="button" aria-haspopup="dialog" onClick={() => setAsking(true)}>
            Replay
          </button>
        </div>
      )}
      <Facts
        facts={[
          ['Received', <Age key="received" at={delivery.receivedAt} />],
          ['Sender', visibleText(delivery.sender)],
          ['Secret', visibleText(delivery.secret)],
          ['From', visibleText(delivery.address)],
          ['Answered', String(delivery.status)],
          ['What it did', <DeliveryOutcome key="did" delivery={delivery} />],
        ]}
      />
      {pushes.length > 0 && (
        <Section title="Pushes">
          <PushList pushes={pushes} />
        </Section>
      )}
      {deployments.length > 0 && <Deployments ids={deployments} />}
      {ignored.length > 0 && (
        <Section title="Ignored">
          <ul>
            {ignored.map(({ reason, about }, index) => (
              <li key={index}>
                {visibleText(reason.replaceAll('-', ' '))}
                {about !== undefined && <span class="faint"> {visibleText(about)}</span>}
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Came headers={delivery.headers} body={delivery.body} />
      {isAsking && (
        <ReplayDialog delivery={delivery} onDone={onDone} onClose={() => setAsking(false)} />
      )}
    </>
  );
};

export const DeliveryPage = ({ id }: { readonly id: string }) => {
  const shown = useShown<DeliveryDetail>({
    of: `delivery ${id}`,
    read: (signal) => ask(`/api/v1/deliveries/${encodeURIComponent(id)}`, { signal }),
    concerns: (happening) =>
      happening.type === 'deployment' || (happening.type === 'push' && happening.delivery === id),
  });
  const sender = shown.value === null ? '' : ` from ${visibleText(shown.value.sender)}`;
  return (
    <>
      <PageHead title={`Delivery${sender}`} />
      <ShownAs shown={shown} what="the delivery">
        {(delivery) => <Delivery delivery={delivery} onDone={shown.readSoon} />}
      </ShownAs>
    </>
  );
};
