using System.Collections.Concurrent;

namespace Mesh.Broker.Network;

/// <summary>
/// Holds each of many parties (users, addresses) to a rate over the long run. Nothing is refused: who has used more than its share is
/// told how long to wait, and is made to.
/// </summary>
/// <param name="perSecond">Units a second; null for no limit.</param>
/// <param name="time">Clock.</param>
internal sealed class RateQuota(double? perSecond, TimeProvider time)
{
    /// <summary>Parties remembered; those whose debt is paid are forgotten.</summary>
    private const int MaxParties = 10_000;

    /// <summary>Longest wait, so that one large request does not look like a dead broker.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<string, Account> accounts = new(StringComparer.Ordinal);

    public bool IsLimited => perSecond is not null;

    /// <summary>Uses units, up to a second's worth in advance.</summary>
    /// <returns>How long the party has to wait before it may use more.</returns>
    public TimeSpan Use(string party, double units)
    {
        if (perSecond is not { } rate) return TimeSpan.Zero;
        if (accounts.Count >= MaxParties && !accounts.ContainsKey(party)) Forget(rate);
        var account = accounts.GetOrAdd(party, static (_, now) => new Account { At = now }, time.GetTimestamp());
        lock (account)
        {
            account.Settle(rate, time);
            account.Used += units;
            double over = account.Used - rate;
            return over <= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(over / rate, MaxWait.TotalSeconds));
        }
    }

    private void Forget(double rate)
    {
        foreach (var (party, account) in accounts)
        {
            lock (account)
            {
                account.Settle(rate, time);
                if (account.Used <= 0) accounts.TryRemove(party, out _);
            }
        }
    }

    private sealed class Account
    {
        public double Used;
        public long At;

        public void Settle(double rate, TimeProvider time)
        {
            long now = time.GetTimestamp();
            Used = Math.Max(0, Used - (time.GetElapsedTime(At, now).TotalSeconds * rate));
            At = now;
        }
    }
}
