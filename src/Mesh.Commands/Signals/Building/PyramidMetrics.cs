using System.Diagnostics.Metrics;

namespace Mesh.Commands.Signals.Building;

/// <summary>Meter <c>Mesh.Signals</c>.</summary>
internal sealed class PyramidMetrics : IDisposable
{
    private readonly Meter meter = new("Mesh.Signals");
    private readonly Counter<long> built;
    private readonly Counter<long> bytes;
    private readonly Histogram<double> duration;

    public PyramidMetrics()
    {
        built = meter.CreateCounter<long>("mesh.signals.built", "{pyramid}", "Signal pyramids built.");
        bytes = meter.CreateCounter<long>("mesh.signals.bytes", "By", "Bytes of signal pyramids built.");
        duration = meter.CreateHistogram<double>("mesh.signals.duration", "s", "Duration of building a signal pyramid.");
    }

    public void Built(long size, TimeSpan took)
    {
        built.Add(1);
        bytes.Add(size);
        duration.Record(took.TotalSeconds);
    }

    public void Dispose() => meter.Dispose();
}
