import { useMemo, useState } from 'preact/hooks';
import type { ServiceView } from '../../../src/core/contract/views.ts';
import { ServiceActs } from '../acts/service-acts.tsx';
import { isOperator } from '../live/session-state.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { type Column, type Sort, Table, type TableLine } from '../parts/table.tsx';
import { visibleText } from '../words/visible-text.ts';
import { explainHealth, isNoteworthy } from '../words/health-words.ts';
import { explainVerdict } from '../words/verdict-words.ts';
import { SERVICE_COLUMNS } from './service-columns.tsx';
import { serviceLines } from './service-lines.ts';
import type { ServiceGroup } from './sort-services.ts';

const Group = ({ cluster, stack, services }: ServiceGroup) => (
  <>
    <span class="stack">{stack ?? '(no stack)'}</span>
    <span class="faint">
      {cluster} · {services.length}
    </span>
  </>
);

/** If sorted by a column, there are no group headings with the stack. */
const PLACE: Column<ServiceView> = {
  key: 'service',
  title: 'Service',
  sorts: true,
  bare: true,
  cell: (service) => (
    <>
      {SERVICE_COLUMNS[0]?.cell(service)}
      <span class="place">
        {service.cluster} / {service.stack ?? '(no stack)'}
      </span>
    </>
  ),
};

/**
 * Services in a table, with the actions for each. The dialog outlives its row: the action may be the reason why the
 * service no longer matches the filter, and the person still has to see the result.
 */
export const ServiceTable = ({
  services,
  sort,
  onSort,
  onDone,
}: {
  readonly services: readonly ServiceView[];
  readonly sort: Sort | null;
  readonly onSort: (by: string) => void;
  readonly onDone: () => void;
}) => {
  const [asked, setAsked] = useState<ServiceView | null>(null);
  // Its present state, as long as it is in the list.
  const chosen =
    asked === null
      ? null
      : (services.find(({ cluster, id }) => cluster === asked.cluster && id === asked.id) ?? asked);
  const lines = useMemo(
    () =>
      serviceLines(services, sort).map(
        (line): TableLine<ServiceView> =>
          line.kind === 'row'
            ? { kind: 'row', key: line.key, row: line.service }
            : { kind: 'group', key: line.key, title: <Group {...line.group} /> },
      ),
    [services, sort?.by, sort?.descending],
  );
  const act: Column<ServiceView> = {
    key: 'act',
    title: 'Act',
    bare: true,
    cell: (service) => (
      <button
        type="button"
        class="plain"
        aria-haspopup="dialog"
        aria-label={`Act on ${service.name}`}
        onClick={() => setAsked(service)}
      >
        <Icon name="dots" />
      </button>
    ),
  };
  const shown = sort === null ? SERVICE_COLUMNS : [PLACE, ...SERVICE_COLUMNS.slice(1)];
  return (
    <>
      {services.length > 0 && (
        <Table
          label="Services"
          layout={isOperator() ? 'services with-acts' : 'services'}
          columns={isOperator() ? [...shown, act] : shown}
          lines={lines}
          sort={sort}
          onSort={onSort}
        />
      )}
      {chosen !== null && (
        <Dialog title={chosen.name} onClose={() => setAsked(null)}>
          <div class="dialog-body">
            {isNoteworthy(chosen) && <p>{visibleText(explainHealth(chosen))}</p>}
            <p>{visibleText(explainVerdict(chosen))}</p>
            <ServiceActs service={chosen} onDone={onDone} />
          </div>
        </Dialog>
      )}
    </>
  );
};
