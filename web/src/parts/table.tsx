import { Component, type ComponentChildren } from 'preact';
import { useCallback } from 'preact/hooks';
import { Icon } from './icon.tsx';
import { InRow } from './in-row.ts';
import { useVirtualRows } from './virtual-rows.ts';

export type Column<T> = {
  readonly key: string;
  readonly title: string;
  readonly cell: (row: T) => ComponentChildren;
  /** Whether the table can be sorted by this column. */
  readonly sorts?: boolean;
  /** No title on a card, if the content is clear without it. */
  readonly bare?: boolean;
};

/** A row, or a heading across all columns for the rows after it. */
export type TableLine<T> =
  | { readonly kind: 'group'; readonly key: string; readonly title: ComponentChildren }
  | { readonly kind: 'row'; readonly key: string; readonly row: T };

export type Sort = { readonly by: string; readonly descending: boolean };

type TableProps<T> = {
  readonly label: string;
  /** The CSS class that sets the column widths. */
  readonly layout: string;
  readonly columns: readonly Column<T>[];
  readonly lines: readonly TableLine<T>[];
  readonly sort?: Sort | null;
  readonly onSort?: (by: string) => void;
};

/** Above this number of rows, only those on the screen are rendered. */
const DRAWN_WHOLE = 100;

const HeadCell = <T,>({
  column: { key, title, sorts = false },
  sort,
  onSort,
}: {
  readonly column: Column<T>;
  readonly sort: Sort | null;
  readonly onSort: ((by: string) => void) | undefined;
}) => {
  const isBy = sort?.by === key;
  if (!sorts || onSort === undefined) {
    return (
      <div role="columnheader" class={`cell c-${key}`}>
        {title}
      </div>
    );
  }
  return (
    <div
      role="columnheader"
      class={`cell c-${key}`}
      aria-sort={isBy ? (sort.descending ? 'descending' : 'ascending') : 'none'}
    >
      <button type="button" class="sort" onClick={() => onSort(key)}>
        {title}
        {isBy && <Icon name={sort.descending ? 'down' : 'up'} />}
      </button>
    </div>
  );
};

const drawLine = <T,>(line: TableLine<T>, columns: readonly Column<T>[]) =>
  line.kind === 'group' ? (
    <div role="rowheader" class="cell" aria-colspan={columns.length}>
      {line.title}
    </div>
  ) : (
    <>
      {columns.map(({ key, title, cell, bare = false }) => (
        <div
          key={key}
          role="cell"
          class={`cell c-${key}`}
          {...(bare ? {} : { 'data-title': title })}
        >
          <InRow.Provider value>{cell(line.row)}</InRow.Provider>
        </div>
      ))}
    </>
  );

type LineProps<T> = { readonly line: TableLine<T>; readonly columns: readonly Column<T>[] };

/** Rendered again only if it changes: while the page scrolls, most lines stay. */
class Line<T> extends Component<LineProps<T>> {
  override shouldComponentUpdate({ line, columns }: LineProps<T>): boolean {
    return line !== this.props.line || columns !== this.props.columns;
  }

  override render({ line, columns }: LineProps<T>) {
    return drawLine(line, columns);
  }
}

const Drawn = <T,>({ columns, lines }: Pick<TableProps<T>, 'columns' | 'lines'>) => (
  <div role="rowgroup" class="body">
    {lines.map((line) => (
      <div key={line.key} role="row" class={line.kind}>
        <Line line={line} columns={columns} />
      </div>
    ))}
  </div>
);

const DrawnInPart = <T,>({ columns, lines }: Pick<TableProps<T>, 'columns' | 'lines'>) => {
  const keyOf = useCallback((index: number) => lines[index]?.key ?? String(index), [lines]);
  const { body, height, indexes, topOf } = useVirtualRows(lines.length, keyOf);
  return (
    <div role="rowgroup" class="body in-part" ref={body} style={{ height: `${height}px` }}>
      {indexes.map((index) => {
        const line = lines[index];
        if (line === undefined) return null;
        return (
          <div
            key={line.key}
            role="row"
            class={line.kind}
            data-index={index}
            // The title row is number 1.
            aria-rowindex={index + 2}
            style={{ transform: `translateY(${topOf(index)}px)` }}
          >
            <Line line={line} columns={columns} />
          </div>
        );
      })}
    </div>
  );
};

/** A table that becomes cards on a narrow screen and copes with thousands of rows. */
export const Table = <T,>({
  label,
  layout,
  columns,
  lines,
  sort = null,
  onSort,
}: TableProps<T>) => (
  <div
    role="table"
    class={`table ${layout}`}
    aria-label={label}
    aria-rowcount={lines.length + 1}
    aria-colcount={columns.length}
  >
    <div role="rowgroup" class="head">
      <div role="row" class="row" aria-rowindex={1}>
        {columns.map((column) => (
          <HeadCell key={column.key} column={column} sort={sort} onSort={onSort} />
        ))}
      </div>
    </div>
    {lines.length > DRAWN_WHOLE ? (
      <DrawnInPart columns={columns} lines={lines} />
    ) : (
      <Drawn columns={columns} lines={lines} />
    )}
  </div>
);

/** Lines of a table without groups. */
export const rowsOf = <T,>(rows: readonly T[], keyOf: (row: T) => string): TableLine<T>[] =>
  rows.map((row) => ({ kind: 'row', key: keyOf(row), row }));
