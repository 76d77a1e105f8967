using System.Text.RegularExpressions;

namespace Mesh.Lakehouse.Metadata;

/// <summary>
/// Schema scripts in PostgreSQL's words. Scripts are written for SQLite, in the subset in which only these differ:
/// <c>INTEGER PRIMARY KEY [AUTOINCREMENT]</c> is an identity column, <c>INTEGER</c> a <c>BIGINT</c> (SQLite's integers have 64 bits),
/// <c>BLOB</c> is <c>BYTEA</c>, <c>TEXT</c> sorts by code point as SQLite's does, and <c>WITHOUT ROWID</c> says nothing.
/// Statements are written so that both understand them.
/// </summary>
internal static partial class PostgresDialect
{
    public static string Translate(string script) => Word().Replace(script, match => match.Value switch
    {
        "INTEGER" => "BIGINT",
        "BLOB" => "BYTEA",
        "TEXT" => "TEXT COLLATE \"C\"",
        " WITHOUT ROWID" => "",
        _ => "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    });

    [GeneratedRegex(@"\bINTEGER PRIMARY KEY( AUTOINCREMENT)?\b|\bINTEGER\b|\bBLOB\b|\bTEXT\b| WITHOUT ROWID\b")]
    private static partial Regex Word();
}
