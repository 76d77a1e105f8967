namespace Mesh.Synchronise.Clocks;

/// <summary>How a clock model was made.</summary>
public enum ClockModelKind
{
    /// <summary>None: times are kept as they are.</summary>
    Identity,

    /// <summary>A line per segment below all one-way delays.</summary>
    Hull,

    /// <summary>A smoothed curve per segment through the least delays of blocks, because the clock's rate wanders.</summary>
    Kalman,

    /// <summary>A line per segment through pairs of device time and true time.</summary>
    Pairs,
}
