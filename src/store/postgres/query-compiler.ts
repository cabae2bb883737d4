import { PostgresQueryCompiler, type RawNode, type SchemableIdentifierNode } from 'kysely';
import { isDialectNode } from '../query/dialect-words.ts';

/**
 * Compiles the fragments that have one form per database into PostgreSQL's, and puts the schema before each of the
 * store's tables: no query depends on a session setting, which a pooler in transaction mode would forget.
 */
export class StoreQueryCompiler extends PostgresQueryCompiler {
  readonly #schema: string;
  readonly #tables: ReadonlySet<string>;

  constructor(schema: string, tables: ReadonlySet<string>) {
    super();
    this.#schema = schema;
    this.#tables = tables;
  }

  protected override visitRaw(node: RawNode): void {
    if (isDialectNode(node)) this.visitNode(node.postgres());
    else super.visitRaw(node);
  }

  protected override visitSchemableIdentifier(node: SchemableIdentifierNode): void {
    // Other names are aliases.
    if (node.schema === undefined && this.#tables.has(node.identifier.name)) {
      this.append(`"${this.sanitizeIdentifier(this.#schema)}".`);
    }
    super.visitSchemableIdentifier(node);
  }
}
