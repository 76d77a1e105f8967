using Mesh.Columnar;
using Mesh.Kafka;
using Mesh.Synchronise.Streams;

namespace Mesh.Commands.Ingest.Telemetry.Frames;

/// <summary>The windows of one group over one partition.</summary>
internal sealed class FramePartition
{
    public FramePartition(TopicSource source, long version, long counted)
    {
        Source = source;
        Version = version;
        Counted = counted;
        Applied = counted;
    }

    public TopicSource Source { get; }

    /// <summary>Version of the state that was read or saved last; 0 when there is none.</summary>
    public long Version { get; set; }

    /// <summary>Messages below it have been counted when they were late.</summary>
    public long Counted { get; set; }

    /// <summary>Messages below it are in the windows, or not needed.</summary>
    public long Applied { get; set; }

    /// <summary>The frames table's own offset when the state was read: what the first commit asks for.</summary>
    public long TableOffset { get; set; }

    /// <summary>Late messages not counted yet.</summary>
    public long Late { get; set; }

    public Dictionary<string, FrameVehicle> Vehicles { get; } = [];

    /// <summary>Whether what was read before the state was saved last is being read again.</summary>
    public bool IsCatchingUp => Applied < Counted;

    public void Restore(string vehicle, StreamState state)
    {
        Vehicles[vehicle] = new FrameVehicle(vehicle, state);
        if (state.IsOpen) Applied = Math.Min(Applied, state.FromOffset);
    }
}

/// <summary>One vehicle's frames.</summary>
internal sealed class FrameVehicle(string id, StreamState state)
{
    public string Id { get; } = id;

    /// <summary>Where it is; of an open window as it was when last looked at.</summary>
    public StreamState State { get; set; } = state;

    /// <summary>Null when nothing has come since the start or the end of its stream.</summary>
    public StreamWindow? Window { get; set; }

    /// <summary>Frames to be committed.</summary>
    public List<RecordBatch> Pending { get; } = [];

    /// <summary>Whether its state is to be saved.</summary>
    public bool IsChanged { get; set; }

    /// <summary>The idle clock when its last message came.</summary>
    public TimeSpan LastHeard { get; set; }
}
