namespace Mesh.Commands.Live;

/// <summary>Rates between two moments. A counter that has gone back belongs to a restarted server and counts from nothing.</summary>
public static class LiveRates
{
    /// <summary>Rows written a second, by ingest and by telemetry.</summary>
    public static double Rows(LiveFacts before, LiveFacts now) => Of(before, now, "mesh_ingest_rows_total") + Of(before, now, "mesh_telemetry_rows_total");

    /// <summary>Bytes of recordings that arrived a second.</summary>
    public static double ReceivedBytes(LiveFacts before, LiveFacts now) => Of(before, now, "mesh_upload_received_bytes_total");

    /// <summary>A counter's rate a second over all topologies.</summary>
    public static double Of(LiveFacts before, LiveFacts now, string meter) => Of(before.Meter(meter), now.Meter(meter), now.At - before.At);

    /// <summary>A counter's rate a second.</summary>
    public static double Of(double before, double now, TimeSpan span) => span <= TimeSpan.Zero ? 0 : (now >= before ? now - before : now) / span.TotalSeconds;
}
