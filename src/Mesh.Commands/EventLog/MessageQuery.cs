namespace Mesh.Commands.EventLog;

/// <summary>Which records of a topic are wanted.</summary>
/// <param name="Topic">Topic.</param>
public sealed record MessageQuery(string Topic)
{
    /// <summary>Most records of a page.</summary>
    public const int MaxRecords = 200;

    /// <summary>The partition; null for all.</summary>
    public int? Partition { get; init; }

    /// <summary>Where to read from, as <see cref="LogPlace"/> spells it; null for the newest.</summary>
    public string? From { get; init; }

    /// <summary>Offset that the page ends before, of <see cref="Partition"/>; null for none.</summary>
    public long? Before { get; init; }

    /// <summary>Text that the key, a header or the decoded value holds, whatever its capitals; null for all.</summary>
    public string? Contains { get; init; }

    /// <summary>Most records.</summary>
    public int Limit { get; init; } = 50;
}
