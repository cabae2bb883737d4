import type { ServiceView } from '../../../src/core/contract/views.ts';
import { useShown } from '../live/use-shown.ts';
import { Section } from '../parts/section.tsx';
import { useDecision } from './decision-dialogs.tsx';
import { GateList } from './gate-list.tsx';
import { Decide } from './waiting-card.tsx';
import { waitingShown } from './waiting-shown.ts';

/** What a service waits for, on its own page; nothing if it does not wait. */
export const ServiceGates = ({
  service,
  onDone,
}: {
  readonly service: ServiceView;
  readonly onDone: () => void;
}) => {
  const { cluster, id } = service;
  const { value, readSoon } = useShown(waitingShown(1, { cluster, service: id }));
  const waiting = value?.items[0];
  const { ask, dialog } = useDecision();
  const decided = (): void => {
    readSoon();
    onDone();
  };
  return (
    <>
      {(service.gates.length > 0 || waiting !== undefined) && (
        <Section title="Waits for">
          <GateList gates={waiting?.gates ?? service.gates} />
          {waiting !== undefined && <Decide waiting={waiting} ask={ask} onDone={decided} />}
        </Section>
      )}
      {dialog}
    </>
  );
};
