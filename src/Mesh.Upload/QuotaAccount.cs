namespace Mesh.Upload;

/// <summary>What one vehicle or producer has used of its quota. Thread-safe.</summary>
/// <param name="quota">The quota.</param>
/// <param name="time">Clock.</param>
internal sealed class QuotaAccount(UploadQuota quota, TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly long start = time.GetTimestamp();
    private double usedToday;
    private double usedAt;
    private double paidUntil;
    private int sending;

    /// <summary>Nothing is used and nobody sends: the account may be forgotten.</summary>
    public bool IsIdle
    {
        get
        {
            lock (gate) return sending == 0 && Used() <= 0 && paidUntil <= Now;
        }
    }

    private double Now => time.GetElapsedTime(start).TotalSeconds;

    /// <summary>Takes bytes of the day.</summary>
    /// <returns>How long until they are free; null when they were taken. Infinite when the whole day has fewer.</returns>
    public TimeSpan? TryTakeDay(long bytes)
    {
        if (quota.BytesPerDay == 0) return null;
        if (bytes > quota.BytesPerDay) return TimeSpan.MaxValue;
        lock (gate)
        {
            double missing = Used() + bytes - quota.BytesPerDay;
            if (missing > 0) return TimeSpan.FromSeconds(missing / BytesBackPerSecond);
            (usedToday, usedAt) = (Used() + bytes, Now);
            return null;
        }
    }

    /// <summary>Gives bytes of the day back that were not sent.</summary>
    public void ReturnDay(long bytes)
    {
        if (quota.BytesPerDay == 0) return;
        lock (gate) (usedToday, usedAt) = (Math.Max(0, Used() - bytes), Now);
    }

    /// <summary>Begins to send, unless as many do as may.</summary>
    public bool TryBegin()
    {
        lock (gate)
        {
            if (quota.Concurrent > 0 && sending >= quota.Concurrent) return false;
            sending++;
            return true;
        }
    }

    /// <summary>Has ended sending.</summary>
    public void End()
    {
        lock (gate) sending--;
    }

    /// <summary>Notes bytes that have arrived; how long to wait before more are read. Half a second's worth may come at once.</summary>
    public TimeSpan Pace(long bytes)
    {
        if (quota.BytesPerSecond == 0) return TimeSpan.Zero;
        lock (gate)
        {
            paidUntil = Math.Max(paidUntil, Now - 0.5) + ((double)bytes / quota.BytesPerSecond);
            return paidUntil > Now ? TimeSpan.FromSeconds(paidUntil - Now) : TimeSpan.Zero;
        }
    }

    private double BytesBackPerSecond => quota.BytesPerDay / 86_400.0;

    private double Used() => Math.Max(0, usedToday - ((Now - usedAt) * BytesBackPerSecond));
}
