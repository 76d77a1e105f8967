namespace Mesh.Commands.Signals;

/// <summary>Names of signals as they stand in requests.</summary>
public static class SignalName
{
    /// <summary>The name of a column of a channel.</summary>
    public static string Of(string channel, string column) => $"{channel}:{column}";

    /// <summary>The names of a list: separated by commas, a comma within a name written as <c>%2C</c>, a per cent sign as <c>%25</c>.</summary>
    public static IReadOnlyList<string> Split(string? list) =>
        list is null ? [] : [.. list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString)];

    /// <summary>Names as a list that <see cref="Split"/> reads.</summary>
    public static string Join(IEnumerable<string> names) =>
        string.Join(',', names.Select(name => name.Replace("%", "%25", StringComparison.Ordinal).Replace(",", "%2C", StringComparison.Ordinal)));
}
