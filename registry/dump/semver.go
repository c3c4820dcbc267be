package dump

import (
	"context"
	"fmt"
)

// semverShortcut is a trigger that gives a plain release (1.2.3, up to seven
// digits each) its key in one expression and leaves everything else to the
// registry's own function. Nine of ten versions are plain, and calling the
// function for each takes longer than all the rest of their COPY.
const semverShortcut = `
CREATE FUNCTION pg_temp.cratewarden_semver() RETURNS trigger LANGUAGE plpgsql AS $f$
BEGIN
    NEW.semver_ord_v2 := CASE WHEN NEW.num ~ '^(0|[1-9][0-9]{0,6})\.(0|[1-9][0-9]{0,6})\.(0|[1-9][0-9]{0,6})$' THEN
        ('\00' || length(split_part(NEW.num, '.', 1)) || split_part(NEW.num, '.', 1)
      || '\00' || length(split_part(NEW.num, '.', 2)) || split_part(NEW.num, '.', 2)
      || '\00' || length(split_part(NEW.num, '.', 3)) || split_part(NEW.num, '.', 3) || '\003')::bytea
    ELSE public.semver_ord_v2(NEW.num::text) END;
    RETURN NEW;
END $f$`

// semverTrigger lets COPY fill versions.semver_ord_v2, and gives the statement
// that takes the trigger away again. The shortcut is tried on samples against
// the schema's function first, so that a registry that orders versions in
// another way one day gets its own trigger instead of our old guess.
func (im *importer) semverTrigger(ctx context.Context) (undo []string, err error) {
	for _, sql := range []string{
		semverShortcut,
		`CREATE TEMPORARY TABLE cratewarden_probe (num text, semver_ord_v2 bytea) ON COMMIT DROP`,
		`CREATE TRIGGER probe BEFORE INSERT ON pg_temp.cratewarden_probe FOR EACH ROW EXECUTE FUNCTION pg_temp.cratewarden_semver()`,
		`INSERT INTO pg_temp.cratewarden_probe (num)
		 VALUES ('0.0.0'), ('1.2.3'), ('10.0.99'), ('1.1.1234567'), ('9999999.0.100'), ('12345678.1.1'), ('1.0'), ('01.0.0'), ('1.0.0-alpha.1'), ('1.0.0+b')`,
	} {
		if _, err := im.tx.Exec(ctx, sql); err != nil {
			return nil, err
		}
	}
	var agree bool
	err = im.tx.QueryRow(ctx, `
		SELECT bool_and(semver_ord_v2 IS NOT DISTINCT FROM public.semver_ord_v2(num)) FROM pg_temp.cratewarden_probe`).Scan(&agree)
	if err != nil {
		return nil, err
	}
	function := "pg_temp.cratewarden_semver"
	if !agree {
		function = "public.set_semver_ord_v2"
	}
	_, err = im.tx.Exec(ctx, fmt.Sprintf(`CREATE TRIGGER cratewarden_import BEFORE INSERT ON public.versions FOR EACH ROW EXECUTE FUNCTION %s()`, function))
	return []string{`DROP TRIGGER cratewarden_import ON public.versions`}, err
}
