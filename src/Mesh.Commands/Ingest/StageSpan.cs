using System.Diagnostics;
using System.Diagnostics.Metrics;
using Mesh.Model;

namespace Mesh.Commands.Ingest;

/// <summary>
/// One stage's part of an attempt: a span, and its duration. The stages of an attempt run interleaved, so that each is a child of the attempt
/// and none of another.
/// </summary>
internal sealed class StageSpan : IDisposable
{
    private readonly long started = Stopwatch.GetTimestamp();
    private readonly Histogram<double> duration;
    private readonly KeyValuePair<string, object?> topology;
    private readonly Activity? activity;

    public StageSpan(string stage, Histogram<double> duration, KeyValuePair<string, object?> topology, ActivityContext parent)
    {
        this.duration = duration;
        this.topology = topology;
        activity = MeshTracing.Source.StartActivity(stage, ActivityKind.Internal, parent, [topology]);
    }

    /// <summary>Adds what is known in the end.</summary>
    public void Tag(string name, long value) => activity?.SetTag(name, value);

    public void Dispose()
    {
        activity?.Dispose();
        duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, topology);
    }
}
