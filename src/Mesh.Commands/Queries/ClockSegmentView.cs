namespace Mesh.Commands.Queries;

/// <summary>A segment of a clock model, or why a channel has none; a row of <c>mesh.clock_models</c>.</summary>
public sealed record ClockSegmentView
{
    /// <summary>Topic as recorded.</summary>
    public required string Channel { get; init; }

    /// <summary><c>header</c>: the sensor's clock against the host's; <c>log</c>: none of its own; <c>truth</c>: the host's against true time.</summary>
    public required string TimeBase { get; init; }

    /// <summary>Number of the segment between steps, from 0.</summary>
    public int Segment { get; init; }

    /// <summary><c>identity</c>, <c>hull</c>, <c>kalman</c> or <c>pairs</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Earliest device time, nanoseconds; null without a model, as the following.</summary>
    public long? FromNs { get; init; }

    /// <summary>Latest device time, nanoseconds.</summary>
    public long? ToNs { get; init; }

    /// <summary>Host minus device at the beginning, nanoseconds.</summary>
    public long? OffsetNs { get; init; }

    /// <summary>Growth of the offset, parts per million of device time.</summary>
    public double? DriftPpm { get; init; }

    /// <summary>Largest half width of the 95 % band, nanoseconds.</summary>
    public long? HalfWidthNs { get; init; }

    /// <summary>All steps of the channel's clock.</summary>
    public IReadOnlyList<ClockJumpView> Jumps { get; init; } = [];

    /// <summary>Stamps looked at, over all segments.</summary>
    public long Samples { get; init; }

    /// <summary>Smaller steps would not have been found, nanoseconds.</summary>
    public long? DetectableJumpNs { get; init; }

    /// <summary>What explains the offset, and what limits the model.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Why there is no model: the code.</summary>
    public string? RefusalCode { get; init; }

    /// <summary>Why there is no model.</summary>
    public string? RefusalReason { get; init; }

    /// <summary>Topology that asked; empty for a file that was looked at locally.</summary>
    public string Topology { get; init; } = "";

    /// <summary>Its version.</summary>
    public string TopologyVersion { get; init; } = "";
}
