using System.Buffers;
using System.Diagnostics.Metrics;

namespace Mesh.Commands.Observability;

/// <summary>
/// Adds up what the meters of this process measure and writes it in Prometheus' text format. Measurements of one name and one set of
/// attributes are one series, whichever instance made them. Thread-safe.
/// </summary>
public sealed class MetricsCollector : IDisposable
{
    /// <summary>Meters collected: Mesh's own, by the beginning of their name, and those of the runtime and of the web server.</summary>
    public static readonly IReadOnlyList<string> Meters =
        ["Mesh.*", "System.Runtime", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel"];

    /// <summary>Media type of what <see cref="WriteTo"/> writes.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly MeterListener listener = new();
    private readonly Lock gate = new();
    private readonly Lock reading = new();
    private readonly SortedDictionary<string, CollectedMetric> metrics = new(StringComparer.Ordinal);

    /// <summary>Begins to collect; what was counted before is not known.</summary>
    public MetricsCollector()
    {
        listener.InstrumentPublished = (instrument, owner) =>
        {
            if (IsCollected(instrument.Meter.Name) && MetricOf(instrument) is { } metric) owner.EnableMeasurementEvents(instrument, metric);
        };
        listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => ((CollectedMetric)state!).Record(value, tags));
        listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => ((CollectedMetric)state!).Record(value, tags));
        listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => ((CollectedMetric)state!).Record(value, tags));
        listener.Start();
    }

    /// <summary>Names under which metrics are written, without the suffixes of histograms.</summary>
    public IReadOnlyList<string> Names
    {
        get
        {
            lock (gate) return [.. metrics.Keys];
        }
    }

    /// <summary>Asks the observable instruments and writes everything: text format 0.0.4, sorted by name.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        // One at a time: a reading of observable instruments begins by forgetting the last.
        lock (reading)
        {
            foreach (var metric in All()) metric.BeginObserving();
            listener.RecordObservableInstruments();
            var text = new PrometheusText(output);
            foreach (var metric in All()) metric.WriteTo(text);
        }
    }

    /// <summary>Values of some metrics by topology, empty for series without; those that nobody has measured are missing, and so are histograms.</summary>
    /// <param name="names">Names as they are written: <c>mesh_ingest_rows_total</c>.</param>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> SumByTopology(IReadOnlyCollection<string> names)
    {
        lock (reading)
        {
            var wanted = All().Where(metric => names.Contains(metric.Name) && metric.Kind != MetricKind.Histogram).ToList();
            foreach (var metric in All()) metric.BeginObserving();
            listener.RecordObservableInstruments();
            return wanted.ToDictionary(metric => metric.Name, metric => metric.SumByTopology(), StringComparer.Ordinal);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => listener.Dispose();

    private List<CollectedMetric> All()
    {
        lock (gate) return [.. metrics.Values];
    }

    private static bool IsCollected(string meter) =>
        Meters.Any(name => name.EndsWith('*') ? meter.StartsWith(name.AsSpan(0, name.Length - 1), StringComparison.Ordinal) : name == meter);

    private CollectedMetric? MetricOf(Instrument instrument)
    {
        if (CollectedMetric.KindOf(instrument) is not { } kind) return null;
        string name = PrometheusName.Of(instrument.Name, instrument.Unit, kind);
        lock (gate)
        {
            if (!metrics.TryGetValue(name, out var metric)) metrics.Add(name, metric = new CollectedMetric(name, kind, instrument));

            // Two meters that mean different things by one name: the first to come has it.
            return metric.Kind == kind ? metric : null;
        }
    }
}
