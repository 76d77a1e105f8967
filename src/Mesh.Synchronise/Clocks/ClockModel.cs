namespace Mesh.Synchronise.Clocks;

/// <summary>
/// How a device's clock relates to the host's: offset = host − device, by segments between steps. Estimated from one-way data it contains the
/// least delay of the path, which such data cannot tell from an offset.
/// </summary>
public sealed record ClockModel
{
    /// <summary>Times are kept as they are.</summary>
    public static readonly ClockModel Identity = new() { Kind = ClockModelKind.Identity };

    /// <summary>How it was made.</summary>
    public required ClockModelKind Kind { get; init; }

    /// <summary>Segments in the order they were received; empty for the identity.</summary>
    public IReadOnlyList<ClockSegment> Segments { get; init; } = [];

    /// <summary>Steps between the segments.</summary>
    public IReadOnlyList<ClockJump> Jumps { get; init; } = [];

    /// <summary>Why there is no model; null when there is one, and for a channel that needs none.</summary>
    public ClockRefusal? Refusal { get; init; }

    /// <summary>What explains the offset, and what limits the model: sentences for people.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Messages (or pairs) looked at.</summary>
    public long Samples { get; init; }

    /// <summary>Steps smaller than this would not have been found, nanoseconds; the band does not cover them.</summary>
    public long DetectableJumpNs { get; init; }

    /// <summary>No model, and why.</summary>
    public static ClockModel Refused(string code, string reason, long samples) =>
        new() { Kind = ClockModelKind.Identity, Refusal = new ClockRefusal(code, reason), Samples = samples };

    /// <summary>
    /// Host time at a device time. Where a clock that stepped back passed a time twice, the later passage counts; <see cref="SegmentAt"/> with
    /// the time of receipt tells them apart.
    /// </summary>
    public long ToHost(long deviceNs) => Segments.Count == 0 ? deviceNs : SegmentOf(deviceNs).ToHost(deviceNs);

    /// <summary>Half width of the 95 % band at a device time, nanoseconds; 0 for the identity.</summary>
    public long HalfWidthNs(long deviceNs) => Segments.Count == 0 ? 0 : SegmentOf(deviceNs).HalfWidthAt(deviceNs);

    /// <summary>The segment that a message received at a time belongs to. Not for the identity.</summary>
    public ClockSegment SegmentAt(long receivedNs)
    {
        int i = Segments.Count - 1;
        while (i > 0 && Segments[i].ReceivedFromNs > receivedNs) i--;
        return Segments[i];
    }

    /// <summary>
    /// Half width of the 95 % band for a message: beside a step whose place is open, the step itself joins it. Not for the identity.
    /// </summary>
    public long HalfWidthNs(long deviceNs, long receivedNs)
    {
        long width = SegmentAt(receivedNs).HalfWidthAt(deviceNs);
        for (int i = 0; i < Jumps.Count; i++)
        {
            if (receivedNs > Jumps[i].OpenAfterNs && receivedNs < Jumps[i].OpenUntilNs) width = (long)Math.Min((ulong)width + (ulong)Math.Abs(Jumps[i].DeltaNs) + (ulong)Math.Min(Jumps[i].HalfWidthNs, long.MaxValue / 2), long.MaxValue);
        }

        return width;
    }

    /// <summary>The model of the other direction: from host time to device time.</summary>
    public ClockModel Inverted() => this with
    {
        Segments = [.. Segments.Select(segment => segment.Inverted(segment.ReceivedFromNs))],
        Jumps = [.. Jumps.Select(jump => jump with { DeltaNs = -jump.DeltaNs, DeviceNs = jump.ReceivedNs, ReceivedNs = jump.ReceivedNs })],
    };

    private ClockSegment SegmentOf(long deviceNs)
    {
        var nearest = Segments[^1];
        ulong least = ulong.MaxValue;
        for (int i = Segments.Count - 1; i >= 0; i--)
        {
            var segment = Segments[i];
            if (deviceNs >= segment.FromNs && deviceNs <= segment.ToNs) return segment;
            ulong distance = deviceNs < segment.FromNs ? (ulong)segment.FromNs - (ulong)deviceNs : (ulong)deviceNs - (ulong)segment.ToNs;
            if (distance < least) (least, nearest) = (distance, segment);
        }

        return nearest;
    }
}
