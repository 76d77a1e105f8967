namespace Mesh.Commands.Ingest.Telemetry;

/// <summary>Tells messages that come too late after the latest of their vehicle. They are counted and go to the tables all the same.</summary>
/// <param name="allowed">How far behind is still in time.</param>
internal sealed class LatenessTracker(TimeSpan allowed)
{
    private const int MaxVehicles = 100_000;
    private readonly Dictionary<string, ulong> latest = [];

    /// <summary>Takes a message.</summary>
    /// <returns>How far it lies behind the latest message of its vehicle, when that is more than allowed; else null.</returns>
    public TimeSpan? Take(string vehicle, ulong logTimeNs)
    {
        // Who has long been silent may begin anew: nothing but a count rests on it.
        if (latest.Count > MaxVehicles) latest.Clear();
        if (!latest.TryGetValue(vehicle, out ulong newest) || logTimeNs >= newest)
        {
            latest[vehicle] = logTimeNs;
            return null;
        }

        var behind = TimeSpan.FromTicks((long)Math.Min((newest - logTimeNs) / 100, long.MaxValue));
        return behind > allowed ? behind : null;
    }
}
