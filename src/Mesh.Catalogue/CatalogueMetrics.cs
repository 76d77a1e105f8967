using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Mesh.Model;

namespace Mesh.Catalogue;

/// <summary>Meter <c>Mesh.Catalogue</c>.</summary>
internal sealed class CatalogueMetrics
{
    private readonly Counter<long> commits;
    private readonly Counter<long> rows;
    private readonly Counter<long> files;
    private readonly Counter<long> bytes;
    private readonly Counter<long> duplicates;
    private readonly Counter<long> retries;
    private readonly Histogram<long> snapshotBytes;
    private readonly Histogram<double> duration;
    private readonly ConcurrentDictionary<string, long> watermarksUs = new(StringComparer.Ordinal);

    public CatalogueMetrics(TimeProvider time)
    {
        var meter = new Meter("Mesh.Catalogue");
        commits = meter.CreateCounter<long>("mesh.catalogue.commits", "{commit}", "Snapshots made of written files.");
        rows = meter.CreateCounter<long>("mesh.catalogue.rows", "{row}", "Rows committed.");
        files = meter.CreateCounter<long>("mesh.catalogue.files", "{file}", "Data files committed.");
        bytes = meter.CreateCounter<long>("mesh.catalogue.bytes", "By", "Bytes of data files committed.");
        duplicates = meter.CreateCounter<long>("mesh.catalogue.duplicates", "{file_set}", "File sets dropped because the table has the upload.");
        retries = meter.CreateCounter<long>("mesh.catalogue.retries", "{attempt}", "Steps that failed for the moment and were tried again.");
        snapshotBytes = meter.CreateHistogram<long>("mesh.catalogue.snapshot.size", "By", "Bytes that a snapshot adds to its table.");
        duration = meter.CreateHistogram<double>("mesh.catalogue.duration", "s", "Duration of committing the waiting file sets of one table.");
        meter.CreateObservableGauge(
            "mesh.catalogue.watermark",
            () => watermarksUs.Select(pair => new Measurement<double>(pair.Value / 1e6, new KeyValuePair<string, object?>("mesh.topology", pair.Key))),
            "s", "Newest log time committed since the start, in seconds since 1970.");
        meter.CreateObservableGauge(
            "mesh.catalogue.watermark.lag",
            () => watermarksUs.Select(pair => new Measurement<double>(
                (UnixMicros.Of(time.GetUtcNow()) - pair.Value) / 1e6, new KeyValuePair<string, object?>("mesh.topology", pair.Key))),
            "s", "How far the newest log time committed since the start lies behind now.");
    }

    public void Committed(string table, long addedRows, long addedFiles, long addedBytes)
    {
        var tag = new KeyValuePair<string, object?>("mesh.table", table);
        commits.Add(1, tag);
        rows.Add(addedRows, tag);
        files.Add(addedFiles, tag);
        bytes.Add(addedBytes, tag);
        snapshotBytes.Record(addedBytes);
    }

    /// <summary>Notes how far the data of a topology reaches. A watermark never moves back.</summary>
    public void Reached(string topology, long maxLogTimeUs)
    {
        if (maxLogTimeUs > 0) watermarksUs.AddOrUpdate(topology, maxLogTimeUs, (_, known) => Math.Max(known, maxLogTimeUs));
    }

    public void Dropped(string table, int sets)
    {
        if (sets > 0) duplicates.Add(sets, new KeyValuePair<string, object?>("mesh.table", table));
    }

    public void Retried() => retries.Add(1);

    public void Ended(long started) => duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
}
