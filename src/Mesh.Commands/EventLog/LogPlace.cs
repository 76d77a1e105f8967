using System.Globalization;
using Mesh.Kafka;
using Mesh.Model;

namespace Mesh.Commands.EventLog;

/// <summary>
/// A place in a topic as people write it: <c>earliest</c>, <c>latest</c>, an offset, <c>-N</c> (the last N of each partition), a time such as
/// <c>2026-03-01T12:00:00Z</c>, or exact offsets by partition, <c>0:17,1:4</c>.
/// </summary>
public sealed record LogPlace
{
    /// <summary>A place in every partition; null when they are named one by one.</summary>
    public TailStart? Start { get; private init; }

    /// <summary>Offsets by partition; empty when there is one place for all.</summary>
    public IReadOnlyDictionary<int, long> Offsets { get; private init; } = new Dictionary<int, long>();

    /// <summary>Reads a place.</summary>
    /// <exception cref="MeshException"><c>MESH13201</c>: it is none.</exception>
    public static LogPlace Parse(string text) => text switch
    {
        "earliest" => new() { Start = TailStart.Earliest },
        "latest" => new() { Start = TailStart.Latest },
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) => new() { Start = number < 0 ? TailStart.Before(-number) : TailStart.At(number) },
        _ when ParseExact(text) is { } offsets => new() { Offsets = offsets },
        _ when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) => new() { Start = TailStart.Since(time) },
        _ => throw new MeshException("MESH13201", $"'{text}' is no place in a topic: write earliest, latest, an offset, -N for the last N of each partition, a time such as 2026-03-01T12:00:00Z, or offsets by partition such as 0:17,1:4."),
    };

    /// <summary>Exact offsets as <see cref="Parse"/> reads them.</summary>
    public static string Exact(IReadOnlyDictionary<int, long> offsets) =>
        string.Join(',', offsets.OrderBy(offset => offset.Key).Select(offset => string.Create(CultureInfo.InvariantCulture, $"{offset.Key}:{offset.Value}")));

    // 12:30 is read as partition 12 at offset 30; a time has a date.
    private static Dictionary<int, long>? ParseExact(string text)
    {
        var offsets = new Dictionary<int, long>();
        foreach (string part in text.Split(','))
        {
            string[] sides = part.Split(':');
            if (sides.Length != 2 || !int.TryParse(sides[0], NumberStyles.None, CultureInfo.InvariantCulture, out int partition)
                || !long.TryParse(sides[1], NumberStyles.None, CultureInfo.InvariantCulture, out long offset) || !offsets.TryAdd(partition, offset)) return null;
        }

        return offsets;
    }
}
