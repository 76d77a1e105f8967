namespace Mesh.Formats.Ros2Bag.Sqlite;

/// <summary>Takes column names from a <c>CREATE TABLE</c> statement: the record format has positions only.</summary>
internal static class CreateTable
{
    private static readonly string[] ConstraintWords = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];

    /// <summary>The columns, in order; empty when there are none to be found.</summary>
    public static IReadOnlyList<string> Columns(string sql)
    {
        List<string> columns = [];
        int depth = 0;
        bool atStart = false;
        for (int at = 0; at < sql.Length;)
        {
            char c = sql[at];
            if (TrySkipBlank(sql, ref at)) continue;
            if (c == '(')
            {
                atStart = ++depth == 1;
                at++;
            }
            else if (c == ')')
            {
                if (--depth == 0) break;
                at++;
            }
            else if (c == ',')
            {
                atStart |= depth == 1;
                at++;
            }
            else
            {
                string word = Word(sql, ref at, out bool isQuoted);
                if (!atStart || depth != 1) continue;
                atStart = false;
                if (isQuoted || !ConstraintWords.Contains(word, StringComparer.OrdinalIgnoreCase)) columns.Add(word);
            }
        }

        return columns;
    }

    private static bool TrySkipBlank(string sql, ref int at)
    {
        if (char.IsWhiteSpace(sql[at]))
        {
            at++;
            return true;
        }

        bool isLine = sql.AsSpan(at).StartsWith("--");
        if (!isLine && !sql.AsSpan(at).StartsWith("/*")) return false;
        int end = sql.IndexOf(isLine ? "\n" : "*/", at + 2, StringComparison.Ordinal);
        at = end < 0 ? sql.Length : end + (isLine ? 1 : 2);
        return true;
    }

    private static string Word(string sql, ref int at, out bool isQuoted)
    {
        int start = at;
        char close = sql[at] switch { '"' => '"', '`' => '`', '\'' => '\'', '[' => ']', _ => '\0' };
        isQuoted = close != '\0';
        if (!isQuoted)
        {
            while (at < sql.Length && !char.IsWhiteSpace(sql[at]) && sql[at] is not ('(' or ')' or ',' or '"' or '\'' or '`' or '[')) at++;
            return sql[start..at];
        }

        // A quote within is doubled.
        for (at++; at < sql.Length; at++)
        {
            if (sql[at] != close) continue;
            if (close == ']' || at + 1 >= sql.Length || sql[at + 1] != close) break;
            at++;
        }

        string inner = sql[(start + 1)..Math.Min(at, sql.Length)];
        at = Math.Min(at + 1, sql.Length);
        return close == ']' ? inner : inner.Replace(new string(close, 2), close.ToString(), StringComparison.Ordinal);
    }
}
