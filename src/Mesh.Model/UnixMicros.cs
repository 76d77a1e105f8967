namespace Mesh.Model;

/// <summary>Microseconds since 1970-01-01T00:00:00Z, as events and tables keep time.</summary>
public static class UnixMicros
{
    /// <summary>Microseconds of an instant, rounded down.</summary>
    public static long Of(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>The instant.</summary>
    public static DateTimeOffset ToTime(long micros) => DateTimeOffset.UnixEpoch.AddMicroseconds(micros);
}
