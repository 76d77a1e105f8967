using System.Diagnostics.CodeAnalysis;

namespace Mesh.Synchronise;

/// <summary>What an input has for a frame: one sample, a value between two, or a reason why nothing.</summary>
internal struct Match
{
    /// <summary>Age of a neighbour that does not exist.</summary>
    public const long NoAge = -1;

    /// <summary>The sample, or the earlier of two.</summary>
    public RowRef From;

    /// <summary>The later of two; absent when the value is a sample's own.</summary>
    public RowRef To;

    /// <summary>Fraction of the way from one sample to the other.</summary>
    public double U;

    /// <summary>The time the value belongs to.</summary>
    public long TimeNs;

    /// <summary>Distance from the frame's time to the nearest real sample.</summary>
    public long ErrorNs;

    /// <summary>From the last sample not later than the frame; <see cref="NoAge"/> when there is none.</summary>
    public long BeforeAgeNs;

    /// <summary>To the first sample later than the frame; <see cref="NoAge"/> when there is none.</summary>
    public long AfterAgeNs;

    /// <summary>Null when there is a value.</summary>
    public string? MissingReason;

    public readonly bool HasValue => MissingReason is null;

    public readonly bool IsInterpolated => To.Block is not null;

    /// <summary>Nanoseconds between the two samples.</summary>
    public readonly long GapNs => Nanoseconds.Distance(From.Time, To.Time);

    [UnscopedRef]
    public readonly ref readonly RowRef Nearer => ref IsInterpolated && U > 0.5 ? ref To : ref From;

    public static Match Missing(string reason, long beforeAgeNs, long afterAgeNs) => new() { MissingReason = reason, BeforeAgeNs = beforeAgeNs, AfterAgeNs = afterAgeNs };

    public static Match Of(in RowRef sample, long errorNs, long beforeAgeNs, long afterAgeNs) =>
        new() { From = sample, TimeNs = sample.Time, ErrorNs = errorNs, BeforeAgeNs = beforeAgeNs, AfterAgeNs = afterAgeNs };
}
