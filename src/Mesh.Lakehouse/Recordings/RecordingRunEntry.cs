using System.Globalization;
using Mesh.Model;

namespace Mesh.Lakehouse.Recordings;

/// <summary>What became of a recording in one version of one topology.</summary>
public sealed record RecordingRunEntry
{
    /// <summary>Name of the topology.</summary>
    public required string Topology { get; init; }

    /// <summary>Its version.</summary>
    public required string TopologyVersion { get; init; }

    /// <summary>Digest of the topology's text that the run was made with; empty when it is not known.</summary>
    public string Digest { get; init; } = "";

    /// <summary>Where it is.</summary>
    public required RecordingState State { get; init; }

    /// <summary>Why, when it is dead-lettered.</summary>
    public string? Reason { get; init; }

    /// <summary>When the last table had it.</summary>
    public DateTimeOffset? CommittedAt { get; init; }

    /// <summary>Messages read from the recording.</summary>
    public long MessagesIn { get; init; }

    /// <summary>Rows in message tables.</summary>
    public long RowsOut { get; init; }

    /// <summary>Messages in dead letters.</summary>
    public long DeadLetters { get; init; }

    /// <summary>Messages on channels the topology does not ask for.</summary>
    public long NotSelected { get; init; }

    /// <summary>Rows in synchronised tables.</summary>
    public long FramesOut { get; init; }

    /// <summary>Places where damage was found; also in listings, which leave out the places themselves.</summary>
    public int LossCount { get; init; }

    /// <summary>Damage found.</summary>
    public IReadOnlyList<DataLoss> Losses { get; init; } = [];

    /// <summary>What became of each channel.</summary>
    public IReadOnlyList<RecordingChannelEntry> Channels { get; init; } = [];

    /// <summary>What became of the inputs of synchronised groups.</summary>
    public IReadOnlyList<RecordingInputEntry> Synchronised { get; init; } = [];

    /// <summary>Tables it is in, or will be.</summary>
    public IReadOnlyList<string> Tables { get; init; } = [];

    /// <summary>Whether nothing more will become of it.</summary>
    public bool IsFinished => State is RecordingState.Committed or RecordingState.DeadLettered;

    /// <summary>Name and version, <c>fleet-ingest@2</c>.</summary>
    public string Name => $"{Topology}@{TopologyVersion}";

    internal long Order => long.TryParse(TopologyVersion, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0;
}
