import type { WaitingView } from '../../../src/core/policy/approvals/waiting-view.ts';
import { Out } from '../deployments/forge-fact.tsx';
import { Age } from '../parts/age.tsx';
import { Build } from '../images/build-facts.tsx';
import { DigestChange } from '../images/digest.tsx';
import { Facts } from '../parts/facts.tsx';
import { ImageName } from '../images/image-name.tsx';

/** What would change. */
export const WaitingFacts = ({ waiting }: { readonly waiting: WaitingView }) => {
  const { cluster, stack, image, running, target, build, since, compareUrl } = waiting;
  const present = image.slice(image.lastIndexOf(':') + 1);
  return (
    <Facts
      facts={[
        ['Cluster', stack === null ? cluster : `${cluster}, stack ${stack}`],
        ['Image', <ImageName key="image" image={image} />],
        ...(present === target.tag ? [] : [['Tag', `${present} → ${target.tag}`] as const]),
        [
          'Commit',
          <span key="commit" class="change">
            <Build build={build.running} />
            <span class="arrow" aria-hidden="true">
              →
            </span>
            <span class="off-screen"> to </span>
            <Build build={build.target} />
          </span>,
        ],
        ...(compareUrl === null
          ? []
          : [
              [
                'Changes',
                <Out key="changes" href={compareUrl}>
                  between these commits
                </Out>,
              ] as const,
            ]),
        ['Digest', <DigestChange key="digest" from={running} to={target.digest} />],
        ['Waits since', <Age key="since" at={since} />],
      ]}
    />
  );
};
