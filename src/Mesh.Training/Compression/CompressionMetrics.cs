using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Mesh.Training.Compression;

/// <summary>Compression's part of the meter <c>Mesh.Training</c>.</summary>
internal static class CompressionMetrics
{
    private static readonly Meter Meter = new("Mesh.Training");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "mesh.compression.variant.duration", "s", "Time it took to make a variant, vendors' tools included, by target and status.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 1, 5, 15, 60, 300, 900, 3600] });

    public static void Made(VariantManifest manifest, long started) => Duration.Record(
        Stopwatch.GetElapsedTime(started).TotalSeconds,
        new KeyValuePair<string, object?>("mesh.compression.target", VariantNames.Of(manifest.Target)), new KeyValuePair<string, object?>("mesh.compression.status", VariantNames.Of(manifest.Status)));
}
