using System.Diagnostics;
using System.Diagnostics.Metrics;
using Mesh.Model;

namespace Mesh.Storage;

/// <summary>Meter <c>Mesh.Storage</c>: requests to object stores, by store and operation.</summary>
internal static class StorageMetrics
{
    private static readonly Meter Meter = new("Mesh.Storage");

    private static readonly Histogram<double> Duration =
        Meter.CreateHistogram<double>("mesh.storage.request.duration", "s", "Duration of requests to an object store; failed ones say why.");

    private static readonly Counter<long> Read = Meter.CreateCounter<long>("mesh.storage.read", "By", "Bytes read from an object store.");

    private static readonly Counter<long> Written = Meter.CreateCounter<long>("mesh.storage.written", "By", "Bytes of objects completed in an object store.");

    public static void Record(string store, string operation, long started, Exception? failure)
    {
        var tags = new TagList { { "mesh.storage.name", store }, { "mesh.storage.operation", operation } };
        if (failure is not null) tags.Add("error.type", failure is MeshException { Code: var code } ? code : failure.GetType().Name);
        Duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, tags);
    }

    public static void AddRead(string store, long bytes) => Read.Add(bytes, new KeyValuePair<string, object?>("mesh.storage.name", store));

    public static void AddWritten(string store, long bytes) => Written.Add(bytes, new KeyValuePair<string, object?>("mesh.storage.name", store));
}
