package schema

import "strconv"

// The contract names every relation of the registry; ours is everything in "public" that neither an extension nor
// the migration tool brought.
const relations = `
WITH relation AS (
    SELECT c.oid, c.relname, c.relkind
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace
        AND c.relname <> '__diesel_schema_migrations'
        AND NOT EXISTS (SELECT FROM pg_depend d
            WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
), entity AS (
    SELECT * FROM relation WHERE relkind IN ('r', 'p', 'm', 'v', 'f')
)`

const entityKind = `CASE e.relkind WHEN 'r' THEN 'table' WHEN 'm' THEN 'materialized view' WHEN 'v' THEN 'view'
        ELSE e.relkind::text END`

// attributeNames turns an array of attribute numbers into names joined by commas, in the array's order.
func attributeNames(relation, numbers string) string {
	return `coalesce((SELECT string_agg(a.attname, ',' ORDER BY k.place)
        FROM unnest(` + numbers + `) WITH ORDINALITY AS k(number, place)
        JOIN pg_attribute a ON a.attrelid = ` + relation + ` AND a.attnum = k.number), '')`
}

var tablesSQL = relations + `
SELECT e.relname::text AS "table", ` + entityKind + ` AS kind,
    (SELECT count(*) FROM pg_attribute a WHERE a.attrelid = e.oid AND a.attnum > 0 AND NOT a.attisdropped)::text
        AS column_count,
    coalesce((SELECT ` + attributeNames("e.oid", "p.conkey") + `
        FROM pg_constraint p WHERE p.conrelid = e.oid AND p.contype = 'p'), '') AS primary_key
FROM entity e`

// A dropped column keeps its number, so ordinals are counted and not read.
const columnsSQL = relations + `
SELECT e.relname::text AS "table",
    row_number() OVER (PARTITION BY e.oid ORDER BY a.attnum)::text AS ordinal,
    a.attname::text AS "column", format_type(a.atttypid, a.atttypmod) AS type,
    CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END AS nullable,
    coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS default_expression,
    CASE WHEN a.attgenerated = '' AND a.attidentity = '' THEN 'NO' ELSE 'YES' END AS generated
FROM entity e
JOIN pg_attribute a ON a.attrelid = e.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = e.oid AND d.adnum = a.attnum`

const referentialAction = ` WHEN 'a' THEN 'NO ACTION' WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE'
        WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' ELSE '' END`

// From version 18 on NOT NULL is a constraint of its own (contype 'n'); columns.csv already tells it.
var constraintsSQL = relations + `
SELECT e.relname::text AS "table", c.conname::text AS name,
    CASE c.contype WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' WHEN 'f' THEN 'FOREIGN KEY'
        WHEN 'c' THEN 'CHECK' ELSE c.contype::text END AS kind,
    ` + attributeNames("c.conrelid", "c.conkey") + ` AS columns,
    coalesce((SELECT relname::text FROM pg_class WHERE oid = c.confrelid), '') AS referenced_table,
    ` + attributeNames("c.confrelid", "c.confkey") + ` AS referenced_columns,
    CASE c.confdeltype` + referentialAction + ` AS on_delete,
    CASE c.confupdtype` + referentialAction + ` AS on_update,
    CASE WHEN c.condeferrable AND c.condeferred THEN 'DEFERRABLE INITIALLY DEFERRED'
        WHEN c.condeferrable THEN 'DEFERRABLE INITIALLY IMMEDIATE' ELSE 'NOT DEFERRABLE' END AS deferrability,
    CASE WHEN c.convalidated THEN 'YES'
        ELSE 'NO (NOT VALID: existing rows unchecked, new/updated rows checked)' END AS validated,
    coalesce(pg_get_expr(c.conbin, c.conrelid), '') AS check_expression
FROM entity e
JOIN pg_constraint c ON c.conrelid = e.oid
WHERE c.contype IN ('p', 'u', 'f', 'c', 'x')`

const indexesSQL = relations + `
SELECT e.relname::text AS "table", ic.relname::text AS name,
    CASE WHEN i.indisunique THEN 'YES' ELSE 'NO' END AS unique,
    CASE WHEN i.indisprimary THEN 'YES' ELSE 'NO' END AS primary,
    am.amname::text AS method, pg_get_indexdef(i.indexrelid) AS definition,
    coalesce(pg_get_expr(i.indpred, i.indrelid), '') AS predicate,
    coalesce(array_to_string(ic.reloptions, ','), '') AS storage_options,
    CASE WHEN EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.conrelid = e.oid
        AND c.contype IN ('p', 'u', 'x')) THEN 'YES' ELSE 'NO' END AS backs_constraint
FROM entity e
JOIN pg_index i ON i.indrelid = e.oid
JOIN pg_class ic ON ic.oid = i.indexrelid
JOIN pg_am am ON am.oid = ic.relam`

// pg_trigger.tgtype is a bit set: 1 row level, 2 before, 4 insert, 8 delete, 16 update, 32 truncate, 64 instead of.
const triggersSQL = relations + `
SELECT e.relname::text AS "table", t.tgname::text AS name,
    CASE WHEN t.tgtype & 64 > 0 THEN 'INSTEAD OF' WHEN t.tgtype & 2 > 0 THEN 'BEFORE' ELSE 'AFTER' END AS timing,
    array_to_string(ARRAY[
        CASE WHEN t.tgtype & 4 > 0 THEN 'INSERT' END, CASE WHEN t.tgtype & 8 > 0 THEN 'DELETE' END,
        CASE WHEN t.tgtype & 16 > 0 THEN 'UPDATE' END, CASE WHEN t.tgtype & 32 > 0 THEN 'TRUNCATE' END],
        ' OR ') AS events,
    coalesce((SELECT string_agg(a.attname, ',' ORDER BY a.attnum) FROM pg_attribute a
        WHERE a.attrelid = e.oid AND a.attnum = ANY (t.tgattr::int2[])), '') AS update_of_columns,
    CASE WHEN t.tgtype & 1 > 0 THEN 'ROW' ELSE 'STATEMENT' END AS level,
    (SELECT proname::text FROM pg_proc WHERE oid = t.tgfoid) AS function,
    coalesce(t.tgoldtable::text, '') AS old_transition_table,
    coalesce(t.tgnewtable::text, '') AS new_transition_table,
    coalesce(substring(pg_get_triggerdef(t.oid) FROM ' WHEN \((.*)\) EXECUTE FUNCTION '), '') AS when_condition
FROM entity e
JOIN pg_trigger t ON t.tgrelid = e.oid AND NOT t.tgisinternal`

const sequencesSQL = relations + `
SELECT r.relname::text AS sequence, format_type(s.seqtypid, NULL) AS type,
    coalesce(t.relname::text, '') AS owned_by_table, coalesce(a.attname::text, '') AS owned_by_column,
    s.seqstart::text AS start, s.seqincrement::text AS increment, s.seqcache::text AS cache
FROM relation r
JOIN pg_sequence s ON s.seqrelid = r.oid
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = r.oid
    AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
LEFT JOIN pg_class t ON t.oid = d.refobjid
LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid`

var extensionsSQL = `
SELECT e.extname::text AS name, n.nspname::text AS schema,
    CASE WHEN current_setting('server_version_num')::integer / 10000 = ` + strconv.Itoa(contractServer) + `
        THEN e.extversion ELSE '' END AS version
FROM pg_extension e
JOIN pg_namespace n ON n.oid = e.extnamespace`

const viewsSQL = relations + `
SELECT e.relname::text AS name, ` + entityKind + ` AS kind,
    (SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), '; ' ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = e.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
    coalesce((SELECT string_agg(DISTINCT s.relname::text, ', ')
        FROM pg_rewrite w
        JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
            AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> e.oid
        JOIN pg_class s ON s.oid = d.refobjid
        WHERE w.ev_class = e.oid), '') AS source_tables
FROM entity e
WHERE e.relkind IN ('m', 'v')`
