namespace Mesh.Commands.Flow;

/// <summary>A way that data takes. What is null is not measured.</summary>
/// <param name="From">Id of the node it leaves.</param>
/// <param name="To">Id of the node it reaches.</param>
public sealed record FlowEdge(string From, string To)
{
    /// <summary>Consumer group that reads along it; empty for none.</summary>
    public string Group { get; init; } = "";

    /// <summary>What passes per second, over the last seconds.</summary>
    public double? Rate { get; init; }

    /// <summary>Unit of the rate: <c>records</c>, <c>messages</c>, <c>rows</c>.</summary>
    public string RateUnit { get; init; } = "";

    /// <summary>Records that the reader has not finished.</summary>
    public long? Lag { get; init; }

    /// <summary>Whether records wait and the reader has not got on for a while.</summary>
    public bool IsStalled { get; init; }

    /// <summary>Bytes under way.</summary>
    public long? QueueBytes { get; init; }
}
