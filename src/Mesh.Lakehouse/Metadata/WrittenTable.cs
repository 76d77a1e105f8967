namespace Mesh.Lakehouse.Metadata;

/// <summary>Tells from a statement's first words which table it writes. Enough for this program's own statements; it is no parser of SQL.</summary>
internal static class WrittenTable
{
    private static readonly string[] Beginnings = ["INSERT INTO ", "INSERT OR IGNORE INTO ", "INSERT OR REPLACE INTO ", "UPDATE ", "DELETE FROM "];

    /// <summary>The table; null for a statement that writes none.</summary>
    public static string? Of(ReadOnlySpan<char> sql)
    {
        sql = sql.TrimStart();
        foreach (string beginning in Beginnings)
        {
            if (!sql.StartsWith(beginning, StringComparison.Ordinal)) continue;
            var rest = sql[beginning.Length..].TrimStart();
            int end = rest.IndexOfAny([' ', '\n', '\r', '\t', '(', ';']);
            return (end < 0 ? rest : rest[..end]).ToString();
        }

        return null;
    }
}
