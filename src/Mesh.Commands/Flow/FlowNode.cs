namespace Mesh.Commands.Flow;

/// <summary>A part of the running system. What is null is not measured.</summary>
/// <param name="Id">Identity, <c>topic:fleet.uploads.v1</c>; stays the same as long as the part does.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Name">What it is called.</param>
public sealed record FlowNode(string Id, FlowKind Kind, string Name)
{
    /// <summary>What it does, or which version it is of; empty for nothing to say.</summary>
    public string Detail { get; init; } = "";

    /// <summary>Topology it belongs to, <c>NAME@V</c>; empty when it serves several.</summary>
    public string Topology { get; init; } = "";

    /// <summary>How it is.</summary>
    public FlowHealth Health { get; init; }

    /// <summary>Why it is not well, in a sentence; empty when it is.</summary>
    public string Problem { get; init; } = "";

    /// <summary>What passes it per second, in <see cref="RateUnit"/>, over the last seconds.</summary>
    public double? Rate { get; init; }

    /// <summary>Unit of the rate: <c>records</c>, <c>messages</c>, <c>rows</c>.</summary>
    public string RateUnit { get; init; } = "";

    /// <summary>Records it holds.</summary>
    public long? Records { get; init; }

    /// <summary>Bytes it holds.</summary>
    public long? Bytes { get; init; }

    /// <summary>Bytes under way in it.</summary>
    public long? QueueBytes { get; init; }

    /// <summary>Most bytes that may be.</summary>
    public long? QueueLimitBytes { get; init; }

    /// <summary>Things that wait for their turn.</summary>
    public long? Waiting { get; init; }

    /// <summary>Things that are being worked on.</summary>
    public long? Working { get; init; }

    /// <summary>Dead letters that wait for somebody.</summary>
    public long? OpenLetters { get; init; }

    /// <summary>How often it had to be started again.</summary>
    public int Restarts { get; init; }

    /// <summary>The error it failed with last; empty for none.</summary>
    public string LastError { get; init; } = "";
}
