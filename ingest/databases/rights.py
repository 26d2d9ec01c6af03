"""Whether an account could write to the HIS: asked of the database's own catalogue, never tried. Pure.

The session is read-only as well; this says that it need not be relied on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ingest.databases.statements import Engine

MOST = 8  # named in an error

_POSTGRESQL = """\
select 'superuser' as what from pg_roles where rolname = current_user and rolsuper
union all
select p.verb || ' on ' || n.nspname || '.' || c.relname
from pg_class c join pg_namespace n on n.oid = c.relnamespace
cross join (values ('insert'), ('update'), ('delete'), ('truncate')) p(verb)
where c.relkind in ('r', 'p', 'v', 'f') and n.nspname not in ('pg_catalog', 'information_schema')
and n.nspname not like 'pg_toast%' and n.nspname not like 'pg_temp%'
and (has_table_privilege(c.oid, p.verb)
     or (p.verb in ('insert', 'update') and has_any_column_privilege(c.oid, p.verb)))
limit 50"""

_SQLSERVER = """\
select permission_name as what from sys.fn_my_permissions(null, 'DATABASE')
union all
select p.permission_name + ' on ' + isnull(case p.class when 1 then object_name(p.major_id)
    when 3 then 'schema ' + schema_name(p.major_id) end, '?')
from sys.database_permissions p join sys.database_principals who on who.principal_id = p.grantee_principal_id
where p.class in (1, 3) and p.state in ('G', 'W') and p.major_id > 0
and (who.name = user_name() or is_member(who.name) = 1)"""

_ORACLE = """\
select privilege as what from session_privs
union all
select t.privilege || ' on ' || t.table_schema || '.' || t.table_name from all_tab_privs t
where t.grantee = user or t.grantee in (select role from session_roles)"""

STATEMENT: dict[Engine, str] = {
    "postgresql": _POSTGRESQL,
    "mysql": "show grants",
    "sqlserver": _SQLSERVER,
    "oracle": _ORACLE,
}

# What an account may hold and still cannot change a row, nor have a procedure change one.
_HARMLESS: dict[Engine, re.Pattern[str]] = {
    "postgresql": re.compile(r"(?!)"),
    "mysql": re.compile(
        r"usage|select|show view|show databases|process|replication client|replication slave|binlog monitor|"
        r"slave monitor|replica monitor"
    ),
    "sqlserver": re.compile(r"connect|select|references|showplan|view .*|connect replication"),
    "oracle": re.compile(
        r"(create|alter) session|select any (table|dictionary|sequence)|read any table|select|read|flashback|debug"
    ),
}


# What MariaDB and MySQL let everybody do in databases of no hospital, unless somebody took it away.
_SCRATCH = re.compile(r"grant .+ on `test(\\+_%)?`\.\* to public\b.*", re.IGNORECASE)


def harmful(engine: Engine, rows: Iterable[Sequence[object]]) -> list[str]:
    """What of these rights could change something, in the database's own words."""
    held = [str(row[0]) for row in rows]
    if engine == "mysql":
        held = [right for grant in held if not _SCRATCH.fullmatch(grant) for right in _of_grant(grant)]
    return sorted({right for right in held if not _HARMLESS[engine].fullmatch(right.partition(" on ")[0].lower())})


def _of_grant(grant: str) -> list[str]:
    """The rights of a line of `show grants`; a role that is granted is one whose rights nobody has shown."""
    found = re.match(r"grant (.+?) on (.+?) to ", grant, re.IGNORECASE)
    if found is None:
        role = re.match(r"grant (\S+) to ", grant, re.IGNORECASE)
        return [f"role {role.group(1)}"] if role else []
    verbs, place = found.groups()
    with_option = [f"grant option on {place}"] if grant.lower().rstrip().endswith("with grant option") else []
    plain = re.sub(r"\([^)]*\)", "", verbs)
    return [f"{verb.strip()} on {place}" for verb in plain.split(",")] + with_option
