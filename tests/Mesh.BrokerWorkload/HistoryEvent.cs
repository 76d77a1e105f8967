using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mesh.BrokerWorkload;

/// <summary>Something a client did or saw, one line of JSON in its journal. A line about something done is written before it is done.</summary>
public sealed record HistoryEvent
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    /// <summary>What happened.</summary>
    public required HistoryKind Kind { get; init; }

    /// <summary>Value of one record; unique in its topic unless the broker or a client has duplicated it.</summary>
    public string? Value { get; init; }

    /// <summary>All values of a transaction.</summary>
    public IReadOnlyList<string>? Values { get; init; }

    /// <summary>Name of a transaction, unique in the run.</summary>
    public string? Transaction { get; init; }

    /// <summary>Consumer group, of an offset committed or seen.</summary>
    public string? Group { get; init; }

    /// <summary>Topic.</summary>
    public string? Topic { get; init; }

    /// <summary>Partition.</summary>
    public int? Partition { get; init; }

    /// <summary>Offset of a record, committed offset, or log start.</summary>
    public long? Offset { get; init; }

    /// <summary>Log end of <see cref="HistoryKind.Watermarks"/>, next offset of <see cref="HistoryKind.End"/>.</summary>
    public long? EndOffset { get; init; }

    /// <summary>Error, in the client's words.</summary>
    public string? Error { get; init; }

    /// <summary>Reads a journal line.</summary>
    public static HistoryEvent Parse(string line) => JsonSerializer.Deserialize<HistoryEvent>(line, Json)!;

    /// <summary>The journal line.</summary>
    public override string ToString() => JsonSerializer.Serialize(this, Json);
}
