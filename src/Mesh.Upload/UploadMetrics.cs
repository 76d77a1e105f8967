using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Mesh.Upload;

/// <summary>Meter <c>Mesh.Upload</c>. Neither vehicles nor recordings are attributes: there are too many of them.</summary>
internal static class UploadMetrics
{
    private static readonly Meter Meter = new("Mesh.Upload");

    private static readonly Counter<long> Uploads = Meter.CreateCounter<long>("mesh.upload.uploads", "{upload}", "Uploads answered, by result; refused ones by code.");

    private static readonly Counter<long> Bytes = Meter.CreateCounter<long>("mesh.upload.bytes", "By", "Bytes of the recordings answered, by result.");

    private static readonly Counter<long> Received = Meter.CreateCounter<long>("mesh.upload.received", "By", "Bytes that arrived, also of uploads that are not finished.");

    private static readonly Counter<long> Throttled = Meter.CreateCounter<long>("mesh.upload.throttled", "{request}", "Requests sent away for a while because of a quota, by code.");

    private static readonly UpDownCounter<long> Active = Meter.CreateUpDownCounter<long>("mesh.upload.active", "{request}", "Requests that are sending bytes.");

    private static readonly Histogram<double> FinishDuration =
        Meter.CreateHistogram<double>("mesh.upload.duration", "s", "From the last byte of a recording until it is durable and announced.");

    public static void Answered(UploadResult result, long bytes)
    {
        var tag = new KeyValuePair<string, object?>("mesh.upload.result", result.ToString().ToLowerInvariant());
        Uploads.Add(1, tag);
        Bytes.Add(bytes, tag);
    }

    public static void Refused(UploadRefusedException refusal)
    {
        var code = new KeyValuePair<string, object?>("error.type", refusal.Code);
        if (refusal.StatusCode == 429) Throttled.Add(1, code);
        else if (refusal.StatusCode is not (409 or 423)) Uploads.Add(1, new KeyValuePair<string, object?>("mesh.upload.result", "refused"), code);
    }

    public static void Arrived(long bytes) => Received.Add(bytes);

    public static void Began() => Active.Add(1);

    public static void Ended() => Active.Add(-1);

    public static void Finished(long started) => FinishDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
}
