using System.Globalization;
using System.Text.Json;
using Mesh.Model;

namespace Mesh.Commands.Queries.Lists;

/// <summary>
/// Parameters of a list as they stand in a URL: pages and the JSON API have the same. Empty ones count as absent.
/// </summary>
/// <param name="value">Value of a parameter; null when there is none.</param>
public sealed class ListParameters(Func<string, string?> value)
{
    /// <summary>Number of the page.</summary>
    public int Page => Number("page", 1);

    /// <summary>Rows of a page.</summary>
    public int PageSize => Number("page_size", 100);

    /// <summary>A text; null when there is none.</summary>
    public string? Text(string name) => value(name) is { Length: > 0 } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;

    /// <summary>A word of an enumeration, such as <c>dead_lettered</c>; capitals, <c>_</c> and <c>-</c> do not matter.</summary>
    /// <exception cref="MeshException"><c>MESH11093</c>: it is none; lists those there are.</exception>
    public T? Word<T>(string name)
        where T : struct, Enum => Text(name) is { } text ? Parse<T>(name, text) : null;

    /// <summary>Order: a word, after <c>-</c> for the greatest first.</summary>
    /// <param name="otherwise">When there is none.</param>
    /// <param name="descending">And its direction then.</param>
    /// <exception cref="MeshException"><c>MESH11093</c>: it is none; lists those there are.</exception>
    public (T Sort, bool Descending) Sort<T>(T otherwise, bool descending = true)
        where T : struct, Enum => Text("sort") is not { } text ? (otherwise, descending) : text[0] == '-' ? (Parse<T>("sort", text[1..]), true) : (Parse<T>("sort", text), false);

    /// <summary>A time, such as <c>2026-11-30</c> (midnight UTC) or <c>2026-11-30T08:00:00Z</c>.</summary>
    /// <exception cref="MeshException"><c>MESH11093</c>: it is none.</exception>
    public DateTimeOffset? Time(string name) => Text(name) is not { } text ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time
        : throw new MeshException("MESH11093", $"'{Shown(text)}' is no time for '{name}': write it as 2026-11-30 or 2026-11-30T08:00:00Z.");

    /// <summary>Whether something holds: <c>true</c> or <c>1</c>.</summary>
    public bool Flag(string name) => Text(name) is "true" or "1" or "on";

    /// <summary>How a word stands in a URL.</summary>
    public static string WordOf<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    /// <summary>How an order stands in a URL.</summary>
    public static string SortOf<T>(T sort, bool descending)
        where T : struct, Enum => (descending ? "-" : "") + WordOf(sort);

    private int Number(string name, int otherwise) =>
        Text(name) is not { } text ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
        : throw new MeshException("MESH11093", $"'{Shown(text)}' is no number for '{name}'.");

    private static T Parse<T>(string name, string text)
        where T : struct, Enum
    {
        string sought = Bare(text);
        foreach (var known in Enum.GetValues<T>())
        {
            if (string.Equals(Bare(known.ToString()), sought, StringComparison.OrdinalIgnoreCase)) return known;
        }

        throw new MeshException("MESH11093", $"'{Shown(text)}' is no value of '{name}': {string.Join(", ", Enum.GetValues<T>().Select(WordOf))}.");
    }

    private static string Bare(string text) => text.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);

    private static string Shown(string text) => text.Length > 80 ? text[..80] + "…" : text;
}
