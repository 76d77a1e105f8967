namespace Mesh.Trigger.Measuring;

/// <summary>Kinds of measures.</summary>
internal enum MeasureKind
{
    /// <summary>Number of rows.</summary>
    Rows,

    /// <summary>Microseconds from the first to the last log time, summed over recordings.</summary>
    Duration,

    /// <summary>Rows by value.</summary>
    Values,

    /// <summary>Rows by bin (<see cref="DistributionSketch"/>).</summary>
    Distribution,
}
