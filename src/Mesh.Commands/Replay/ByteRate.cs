namespace Mesh.Commands.Replay;

/// <summary>
/// Keeps readers together below a number of bytes per second: a read is paid for before it is made, and waits until what was read before it is
/// due. Safe for concurrent use.
/// </summary>
/// <param name="bytesPerSecond">The limit.</param>
/// <param name="time">Clock.</param>
internal sealed class ByteRate(long bytesPerSecond, TimeProvider time)
{
    /// <summary>How far behind the limit a pause may be made up for.</summary>
    private static readonly TimeSpan Burst = TimeSpan.FromMilliseconds(250);

    private readonly Lock gate = new();
    private DateTimeOffset paidUntil = DateTimeOffset.MinValue;

    public async ValueTask TakeAsync(long bytes, CancellationToken cancellationToken)
    {
        TimeSpan wait;
        lock (gate)
        {
            var now = time.GetUtcNow();
            if (paidUntil < now - Burst) paidUntil = now - Burst;
            wait = paidUntil - now;
            paidUntil += TimeSpan.FromSeconds((double)bytes / bytesPerSecond);
        }

        if (wait > TimeSpan.Zero) await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
    }
}
