using System.Collections.Concurrent;
using Mesh.Model;

namespace Mesh.Upload;

/// <summary>
/// Keeps vehicles and producers within their quotas. Refuses before a byte is taken and slows down while bytes come; what has been taken is
/// never refused for a quota. Accounts live in memory: a restart forgives what was used. Thread-safe.
/// </summary>
/// <param name="vehicle">Quota of each vehicle.</param>
/// <param name="producer">Quota of each producer: of whoever presents one token, without tokens of each network address.</param>
/// <param name="time">Clock.</param>
public sealed class UploadGate(UploadQuota vehicle, UploadQuota producer, TimeProvider time)
{
    /// <summary>Accounts kept; beyond, idle ones are forgotten.</summary>
    private const int ManyAccounts = 10_000;

    private static readonly TimeSpan BusyRetry = TimeSpan.FromSeconds(2);
    private readonly ConcurrentDictionary<string, (string Vehicle, string Producer, long Bytes)> reserved = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(bool IsVehicle, string Name), QuotaAccount> accounts = new();

    /// <summary>A gate that lets everybody pass.</summary>
    public static UploadGate Open { get; } = new(new UploadQuota(), new UploadQuota(), TimeProvider.System);

    /// <summary>Reserves the day's bytes of an upload, once.</summary>
    /// <exception cref="UploadRefusedException"><c>MESH1060</c> 429, later; <c>MESH1061</c> 413, never, the recording is larger than a day's quota.</exception>
    public void Reserve(string uploadId, string vehicleId, string producerId, long bytes)
    {
        if (vehicle.BytesPerDay + producer.BytesPerDay == 0 || reserved.ContainsKey(uploadId)) return;
        var taken = new List<QuotaAccount>(2);
        foreach (var (account, quota, who, setting) in AccountsOf(vehicleId, producerId))
        {
            if (account.TryTakeDay(bytes) is not { } wait)
            {
                taken.Add(account);
                continue;
            }

            foreach (var earlier in taken) earlier.ReturnDay(bytes);
            if (wait == TimeSpan.MaxValue)
            {
                throw new UploadRefusedException(413, "MESH1061", $"The file has {ByteSizeText.Format(bytes)}, more than {who} may send in a whole day, {ByteSizeText.Format(quota.BytesPerDay)} (`{setting}.bytesPerDay`). Split it, or have the quota raised.");
            }

            throw new UploadRefusedException(429, "MESH1060", $"{Capital(who)} has used its quota of {ByteSizeText.Format(quota.BytesPerDay)} a day (`{setting}.bytesPerDay`). Send again in {Math.Ceiling(wait.TotalSeconds):N0} s.", isTransient: true)
            {
                RetryAfter = wait,
            };
        }

        reserved[uploadId] = (vehicleId, producerId, bytes);
    }

    /// <summary>Gives back what was reserved for an upload that is given up.</summary>
    public void Return(string uploadId)
    {
        if (!reserved.TryRemove(uploadId, out var reservation)) return;
        foreach (var (account, _, _, _) in AccountsOf(reservation.Vehicle, reservation.Producer)) account.ReturnDay(reservation.Bytes);
    }

    /// <summary>The upload has its answer; what was reserved for it is used.</summary>
    public void Settle(string uploadId) => reserved.TryRemove(uploadId, out _);

    /// <summary>Begins sending.</summary>
    /// <exception cref="UploadRefusedException"><c>MESH1062</c> 429: as many uploads send as may.</exception>
    internal Passage Enter(string vehicleId, string producerId)
    {
        var begun = new List<QuotaAccount>(2);
        foreach (var (account, quota, who, setting) in AccountsOf(vehicleId, producerId))
        {
            if (account.TryBegin())
            {
                begun.Add(account);
                continue;
            }

            foreach (var earlier in begun) earlier.End();
            throw new UploadRefusedException(429, "MESH1062", $"{Capital(who)} already sends {quota.Concurrent:N0} recordings at a time (`{setting}.concurrent`). Send again when one is through.", isTransient: true)
            {
                RetryAfter = BusyRetry,
            };
        }

        return new Passage(begun, time);
    }

    private IEnumerable<(QuotaAccount Account, UploadQuota Quota, string Who, string Setting)> AccountsOf(string vehicleId, string producerId)
    {
        if (vehicle.IsLimited) yield return (AccountOf((true, vehicleId), vehicle), vehicle, "the vehicle", "upload.quota.vehicle");
        if (producer.IsLimited) yield return (AccountOf((false, producerId), producer), producer, "the producer", "upload.quota.producer");
    }

    private QuotaAccount AccountOf((bool, string) key, UploadQuota quota)
    {
        if (accounts.Count > ManyAccounts)
        {
            foreach (var (name, account) in accounts)
            {
                if (account.IsIdle) accounts.TryRemove(name, out _);
            }
        }

        return accounts.GetOrAdd(key, static (_, state) => new QuotaAccount(state.quota, state.time), (quota, time));
    }

    private static string Capital(string who) => char.ToUpperInvariant(who[0]) + who[1..];

    /// <summary>One upload that sends.</summary>
    internal sealed class Passage(IReadOnlyList<QuotaAccount> accounts, TimeProvider time) : IDisposable
    {
        /// <summary>Notes bytes that have arrived and waits until more may.</summary>
        public async ValueTask PaceAsync(long bytes, CancellationToken cancellationToken)
        {
            var wait = TimeSpan.Zero;
            foreach (var account in accounts)
            {
                if (account.Pace(bytes) is { } pause && pause > wait) wait = pause;
            }

            if (wait > TimeSpan.Zero) await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
        }

        public void Dispose()
        {
            foreach (var account in accounts) account.End();
        }
    }
}
