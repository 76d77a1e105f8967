using System.Globalization;

namespace Mesh.Lakehouse.Metadata;

/// <summary>
/// Makes the two statements of a page: its rows and how many there are. What people wrote goes into parameters only; expressions and orders
/// are the program's own. A page costs these two statements however long the list is, and one when it holds the whole list.
/// </summary>
/// <param name="database">Whose dialect is spoken.</param>
public sealed class PageSql(MetadataDatabase database)
{
    private const int ShortestPrefix = 4;

    private readonly List<string> conditions = [];

    /// <summary>Values of the statements.</summary>
    public Dictionary<string, object?> Parameters { get; } = new(StringComparer.Ordinal);

    /// <summary>What a row must meet; true when nothing was asked.</summary>
    public string Conditions => conditions.Count == 0 ? "1 = 1" : string.Join(" AND ", conditions);

    /// <summary>A value as parameter.</summary>
    /// <returns>Its name in the statement, <c>@…</c>.</returns>
    public string Parameter(object value)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"p{Parameters.Count}");
        Parameters[name] = value;
        return "@" + name;
    }

    /// <summary>Asks for a condition.</summary>
    public PageSql Where(string condition)
    {
        conditions.Add($"({condition})");
        return this;
    }

    /// <summary>Asks for a value; null does not matter.</summary>
    public PageSql Equal(string expression, object? value) => value is null ? this : Where($"{expression} = {Parameter(value)}");

    /// <summary>Asks for at least a value; null does not matter.</summary>
    public PageSql From(string expression, object? value) => value is null ? this : Where($"{expression} >= {Parameter(value)}");

    /// <summary>Asks for less than a value; null does not matter.</summary>
    public PageSql Before(string expression, object? value) => value is null ? this : Where($"{expression} < {Parameter(value)}");

    /// <summary>Asks for a text that is in one of the columns, whatever its capitals (of ASCII); null or blank does not matter.</summary>
    /// <param name="text">The text.</param>
    /// <param name="hexColumn">Column of lower-case hexadecimal ids that may begin with the text, when it has at least four digits; null for none.</param>
    /// <param name="columns">Columns that may contain it.</param>
    public PageSql Contains(string? text, string? hexColumn, params string[] columns)
    {
        if (string.IsNullOrWhiteSpace(text)) return this;
        string sought = Lower(text.Trim());
        string value = Parameter(sought);
        var either = columns.Select(column => database.Contains(column, value)).ToList();
        if (hexColumn is not null && sought.Length >= ShortestPrefix && sought.All(char.IsAsciiHexDigitLower)) either.Add(Begins(hexColumn, sought));
        return Where(string.Join(" OR ", either));
    }

    /// <summary>The condition that a column of hexadecimal ids begins with some digits: 'g' is beyond each that does, so an index serves it.</summary>
    public string Begins(string hexColumn, string digits) => $"({hexColumn} >= {Parameter(digits)} AND {hexColumn} < {Parameter(digits + "g")})";

    /// <summary>Reads a page.</summary>
    /// <param name="session">Where.</param>
    /// <param name="page">Which.</param>
    /// <param name="rows">Statement of the rows; ends with its ORDER BY, LIMIT and OFFSET follow. It says where with <see cref="Conditions"/>.</param>
    /// <param name="from">Tables of the count.</param>
    /// <returns>The page, and how many rows there are on all.</returns>
    public Task<(IReadOnlyList<T> Items, long Total)> ReadAsync<T>(MetadataSession session, PageQuery page, string rows, string from) =>
        ReadAsync<T>(session, page, limit => $"{rows} {limit}", $"SELECT count(*) FROM {from} WHERE {Conditions}");

    /// <summary>As <see cref="ReadAsync{T}(MetadataSession, PageQuery, string, string)"/>, where the limit stands elsewhere.</summary>
    /// <param name="session">Where.</param>
    /// <param name="page">Which.</param>
    /// <param name="rows">Statement of the rows, with the limit it is given.</param>
    /// <param name="count">Statement of the count.</param>
    public async Task<(IReadOnlyList<T> Items, long Total)> ReadAsync<T>(MetadataSession session, PageQuery page, Func<string, string> rows, string count)
    {
        // Whole numbers of the program's own need no parameter.
        string limit = string.Create(CultureInfo.InvariantCulture, $"LIMIT {page.Size} OFFSET {page.Offset}");
        var items = await session.QueryAsync<T>(rows(limit), Parameters).ConfigureAwait(false);
        bool isWhole = items.Count < page.Size && (items.Count > 0 || page.Offset == 0);
        return (items, isWhole ? page.Offset + items.Count : await session.ScalarAsync<long>(count, Parameters).ConfigureAwait(false));
    }

    // As the databases' lower() does it: letters beyond ASCII stay.
    private static string Lower(string text) => string.Create(text.Length, text, static (lower, from) =>
    {
        for (int i = 0; i < lower.Length; i++) lower[i] = char.IsAsciiLetterUpper(from[i]) ? (char)(from[i] | 0x20) : from[i];
    });
}
