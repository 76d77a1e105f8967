namespace Mesh.Synchronise;

/// <summary>
/// A frame at every whole multiple of a period since 1970-01-01T00:00:00Z, from the first stamp of the group to the last: the same grid in
/// every recording. Ticks from which every sample is farther away than any input would take it from make no frame.
/// </summary>
/// <param name="MicroHertz">Millionths of a frame per second, at most <see cref="MaxMicroHertz"/>.</param>
public sealed record RateReference(long MicroHertz) : FrameReference
{
    /// <summary>Highest rate, 100 kHz.</summary>
    public const long MaxMicroHertz = 100_000_000_000;

    // Nanoseconds per second times millionths per unit.
    private static readonly Int128 Scale = (Int128)1_000_000_000 * 1_000_000;

    /// <summary>Time of a tick: exact to the nanosecond below it, so that 30 Hz never drifts.</summary>
    internal Int128 TimeOf(Int128 tick) => FloorDivide(tick * Scale, MicroHertz);

    /// <summary>First tick not before a time.</summary>
    internal Int128 FirstFrom(long time)
    {
        Int128 tick = FloorDivide((Int128)time * MicroHertz, Scale);
        return TimeOf(tick) >= time ? tick : tick + 1;
    }

    /// <summary>Nanoseconds between two ticks, rounded up.</summary>
    internal long PeriodNs => (long)((Scale + MicroHertz - 1) / MicroHertz);

    private static Int128 FloorDivide(Int128 value, Int128 by)
    {
        var (quotient, remainder) = Int128.DivRem(value, by);
        return remainder < 0 ? quotient - 1 : quotient;
    }
}
