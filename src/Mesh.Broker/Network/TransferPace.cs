namespace Mesh.Broker.Network;

/// <summary>
/// Watches that a request or an answer that has begun keeps moving. Silence alone would not do: a byte every few seconds would hold a
/// connection, and the memory behind it, for ever.
/// </summary>
internal sealed class TransferPace(TimeProvider time)
{
    /// <summary>Slower than any link that could be of use, faster than what costs an attacker nothing.</summary>
    public const int MinBytesPerSecond = 4 << 10;

    /// <summary>Time before the pace counts.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private long started;
    private long bytes;

    public void Begin()
    {
        Volatile.Write(ref bytes, 0);

        // Zero stands for nothing under way.
        Volatile.Write(ref started, Math.Max(1, time.GetTimestamp()));
    }

    public void Advance(int count) => Volatile.Write(ref bytes, bytes + count);

    public void End() => Volatile.Write(ref started, 0);

    /// <summary>Whether what is under way has fallen behind.</summary>
    public bool IsTooSlow()
    {
        long begun = Volatile.Read(ref started);
        if (begun == 0) return false;
        var late = time.GetElapsedTime(begun) - Grace;
        return late > TimeSpan.Zero && Volatile.Read(ref bytes) < late.TotalSeconds * MinBytesPerSecond;
    }
}
