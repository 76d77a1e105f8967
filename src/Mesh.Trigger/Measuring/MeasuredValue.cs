namespace Mesh.Trigger.Measuring;

/// <summary>An amount of a snapshot.</summary>
internal sealed record MeasuredValue
{
    public long SequenceNumber { get; init; }

    /// <summary>A value of a column, a bin, or nothing where there is one amount only.</summary>
    public string Value { get; init; } = "";

    /// <summary>Rows, or microseconds.</summary>
    public long Amount { get; init; }
}
