using System.Diagnostics.Metrics;

namespace Mesh.Commands.Observability;

/// <summary>One metric and its series. Recording takes no memory once a series is known.</summary>
internal sealed class CollectedMetric
{
    /// <summary>
    /// Series of one metric; what comes beyond them is not collected. An attribute with ever new values is a defect of whoever measures, and
    /// must not become one of the whole process.
    /// </summary>
    private const int MaxSeries = 2_000;

    private static readonly double[] Seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];
    private static readonly double[] Sizes = [1 << 10, 16 << 10, 256 << 10, 1 << 20, 16 << 20, 256 << 20, 1L << 30, 16L << 30, 256L << 30];
    private static readonly double[] Numbers = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 10_000, 100_000];

    private readonly Lock gate = new();
    private readonly string name;
    private readonly string help;
    private readonly bool isObservable;
    private readonly bool isAbsolute;
    private readonly double[] bounds;
    private readonly string[] boundTexts;
    private readonly Dictionary<int, Series> byHash = [];
    private readonly List<Series> series = [];

    public CollectedMetric(string name, MetricKind kind, Instrument instrument)
    {
        this.name = name;
        Kind = kind;
        help = instrument.Description ?? instrument.Name;
        isObservable = instrument.IsObservable;
        isAbsolute = instrument is Gauge<long> or Gauge<double> or Gauge<int>;
        bounds = kind == MetricKind.Histogram ? BoundsOf(instrument) : [];
        boundTexts = [.. bounds.Select(PrometheusText.Number), "+Inf"];
    }

    public MetricKind Kind { get; }

    public string Name => name;

    /// <summary>What an instrument is; null for one of a number type that nobody here uses.</summary>
    public static MetricKind? KindOf(Instrument instrument) => instrument switch
    {
        Counter<long> or Counter<int> or Counter<double> or ObservableCounter<long> or ObservableCounter<int> or ObservableCounter<double> => MetricKind.Counter,
        Histogram<long> or Histogram<int> or Histogram<double> => MetricKind.Histogram,
        Instrument<long> or Instrument<int> or Instrument<double> => MetricKind.Gauge,
        ObservableInstrument<long> or ObservableInstrument<int> or ObservableInstrument<double> => MetricKind.Gauge,
        _ => null,
    };

    /// <summary>Takes a measurement.</summary>
    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (gate)
        {
            if (SeriesOf(tags) is not { } found) return;
            found.IsCurrent = true;
            if (Kind == MetricKind.Histogram) found.Count(value, bounds);
            else found.Value = isAbsolute ? value : found.Value + value;
        }
    }

    /// <summary>Observable instruments say what is, not what has changed; what they no longer mention is no more.</summary>
    public void BeginObserving()
    {
        if (!isObservable) return;
        lock (gate)
        {
            foreach (var item in series) (item.Value, item.IsCurrent) = (0, false);
        }
    }

    /// <summary>Values of the current series, by the attribute <c>mesh.topology</c>.</summary>
    public IReadOnlyDictionary<string, double> SumByTopology()
    {
        lock (gate)
        {
            var sums = new Dictionary<string, double>(StringComparer.Ordinal);
            foreach (var item in series.Where(item => item.IsCurrent)) sums[item.Topology] = sums.GetValueOrDefault(item.Topology) + item.Value;
            return sums;
        }
    }

    public void WriteTo(PrometheusText text)
    {
        lock (gate)
        {
            if (!series.Exists(item => item.IsCurrent)) return;
            text.Header(name, help, Kind);
            foreach (var item in series)
            {
                if (!item.IsCurrent) continue;
                if (Kind == MetricKind.Histogram) WriteHistogram(text, item);
                else text.Sample(name, default, item.Labels, null, item.Value);
            }
        }
    }

    private void WriteHistogram(PrometheusText text, Series item)
    {
        long cumulative = 0;
        for (int i = 0; i < boundTexts.Length; i++)
        {
            cumulative += item.Buckets![i];
            text.Sample(name, "_bucket"u8, item.Labels, boundTexts[i], cumulative);
        }

        text.Sample(name, "_sum"u8, item.Labels, null, item.Value);
        text.Sample(name, "_count"u8, item.Labels, null, cumulative);
    }

    private Series? SeriesOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        int hash = tags.Length;
        foreach (var (key, value) in tags) hash = HashCode.Combine(hash, key, value);
        if (!byHash.TryGetValue(hash, out var first)) return Add(hash, tags, null);
        for (var candidate = first; candidate is not null; candidate = candidate.SameHash)
        {
            if (candidate.Has(tags)) return candidate;
        }

        return Add(hash, tags, first);
    }

    private Series? Add(int hash, ReadOnlySpan<KeyValuePair<string, object?>> tags, Series? sameHash)
    {
        if (series.Count >= MaxSeries) return null;
        var added = new Series(tags.ToArray(), Kind == MetricKind.Histogram ? new long[bounds.Length + 1] : null, sameHash);

        // Attributes in another order are the same series.
        if (series.Find(item => item.Labels == added.Labels) is { } known) return known;
        byHash[hash] = added;
        series.Add(added);
        return added;
    }

    private static double[] BoundsOf(Instrument instrument)
    {
        double[]? advised = instrument switch
        {
            Instrument<double> { Advice.HistogramBucketBoundaries: { } doubles } => [.. doubles],
            Instrument<long> { Advice.HistogramBucketBoundaries: { } longs } => [.. longs.Select(bound => (double)bound)],
            Instrument<int> { Advice.HistogramBucketBoundaries: { } ints } => [.. ints.Select(bound => (double)bound)],
            _ => null,
        };
        return advised ?? instrument.Unit switch { "s" => Seconds, "By" => Sizes, _ => Numbers };
    }

    private sealed class Series(KeyValuePair<string, object?>[] tags, long[]? buckets, Series? sameHash)
    {
        public string Labels { get; } = string.Join(
            ',', tags.Where(tag => tag.Value is not null).OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => PrometheusText.Label(tag.Key, tag.Value)));

        public string Topology { get; } = Array.Find(tags, tag => tag.Key == "mesh.topology").Value as string ?? "";

        public Series? SameHash => sameHash;

        public long[]? Buckets => buckets;

        /// <summary>The value; of a histogram the sum.</summary>
        public double Value { get; set; }

        public bool IsCurrent { get; set; }

        public bool Has(ReadOnlySpan<KeyValuePair<string, object?>> others)
        {
            if (others.Length != tags.Length) return false;
            for (int i = 0; i < tags.Length; i++)
            {
                if (others[i].Key != tags[i].Key || !Equals(others[i].Value, tags[i].Value)) return false;
            }

            return true;
        }

        public void Count(double value, double[] bounds)
        {
            int bucket = Array.BinarySearch(bounds, value);
            buckets![bucket < 0 ? ~bucket : bucket]++;
            Value += value;
        }
    }
}
