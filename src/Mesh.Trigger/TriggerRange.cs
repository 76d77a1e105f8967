using System.Text.Json.Serialization;

namespace Mesh.Trigger;

/// <summary>Snapshots of a product that a firing is for.</summary>
public sealed record TriggerRange
{
    /// <summary>The product.</summary>
    public required string Product { get; init; }

    /// <summary>Its table.</summary>
    public required string Table { get; init; }

    /// <summary>Identity of the table; its name where its events come from a program that did not tell.</summary>
    public required string TableUuid { get; init; }

    /// <summary>Exclusive; 0 from the beginning.</summary>
    [JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)]
    public required long FromSnapshotId { get; init; }

    /// <summary>Sequence number of it; 0 from the beginning.</summary>
    public long FromSequenceNumber { get; init; }

    /// <summary>Inclusive; 0 while there is no snapshot.</summary>
    [JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)]
    public required long ToSnapshotId { get; init; }

    /// <summary>Sequence number of it.</summary>
    public long ToSequenceNumber { get; init; }

    /// <summary>Rows in the range, as far as events told, whatever the filter.</summary>
    public long NewRows { get; init; }

    /// <summary>Recorded time in the range, whatever the filter.</summary>
    public TimeSpan NewDuration { get; init; }

    /// <summary>Whether nothing has been added.</summary>
    public bool IsEmpty => ToSequenceNumber <= FromSequenceNumber;
}
