using System.Buffers;
using System.Diagnostics.Metrics;
using System.Text;
using Mesh.Commands.Observability;
using Mesh.Testing;

namespace Mesh.Commands.Tests.Observability;

public sealed class MetricsCollectorTests : IDisposable
{
    private readonly MetricsCollector collector = new();
    private readonly Meter meter = new("Mesh.Test");

    public void Dispose()
    {
        collector.Dispose();
        meter.Dispose();
    }

    [Fact]
    public void Names_follow_the_rules_for_units_and_counters()
    {
        meter.CreateCounter<long>("test.read", "By").Add(1);
        meter.CreateCounter<long>("test.events", "{event}").Add(1);
        meter.CreateCounter<double>("test.cpu.time", "s").Add(1);
        meter.CreateUpDownCounter<int>("test.active", "{request}").Add(1);
        meter.CreateObservableGauge("test.free.bytes", () => 5L, "By");
        meter.CreateObservableGauge("test.use", () => 0.5, "1");
        meter.CreateHistogram<double>("test.duration", "s").Record(1);

        string text = Read();

        foreach (string type in new[]
                 {
                     "test_read_bytes_total counter", "test_events_total counter", "test_cpu_time_seconds_total counter", "test_active gauge",
                     "test_free_bytes gauge", "test_use_ratio gauge", "test_duration_seconds histogram",
                 })
        {
            text.ShouldContain($"# TYPE {type}\n");
        }
    }

    [Fact]
    public void Counters_add_up_by_attributes_whatever_their_order_and_whoever_counts()
    {
        var first = meter.CreateCounter<long>("test.things", "{thing}", "Things.");
        using var other = new Meter("Mesh.Other");
        var second = other.CreateCounter<long>("test.things", "{thing}", "Things.");
        first.Add(1, new("a", "x"), new("b", 2));
        first.Add(2, new("b", 2), new("a", "x"));
        second.Add(4, new("a", "x"), new("b", 2));
        second.Add(8);

        string text = Read();

        text.ShouldContain("# HELP test_things_total Things.\n# TYPE test_things_total counter\n");
        text.ShouldContain("test_things_total{a=\"x\",b=\"2\"} 7\n");
        text.ShouldContain("test_things_total 8\n");
    }

    [Fact]
    public void A_histogram_has_cumulative_buckets_a_sum_and_a_count()
    {
        var sizes = meter.CreateHistogram("test.wait", "s", "Waits.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 2.5] });
        foreach (double value in new[] { 0.5, 1, 2, 7 }) sizes.Record(value, new KeyValuePair<string, object?>("k", "v"));

        Read().ShouldContain(
            "test_wait_seconds_bucket{k=\"v\",le=\"1\"} 2\ntest_wait_seconds_bucket{k=\"v\",le=\"2.5\"} 3\ntest_wait_seconds_bucket{k=\"v\",le=\"+Inf\"} 4\ntest_wait_seconds_sum{k=\"v\"} 10.5\ntest_wait_seconds_count{k=\"v\"} 4\n");
    }

    [Fact]
    public void A_gauge_shows_what_is_now_and_forgets_what_is_no_longer_mentioned()
    {
        var present = new List<string> { "one", "two" };
        meter.CreateObservableGauge("test.present", () => present.Select(name => new Measurement<int>(3, new KeyValuePair<string, object?>("name", name))));
        Read().ShouldContain("test_present{name=\"one\"} 3\n");
        Read().ShouldContain("test_present{name=\"two\"} 3\n");

        present.Remove("one");

        Read().ShouldNotContain("name=\"one\"");
        Read().ShouldContain("test_present{name=\"two\"} 3\n");
    }

    [Fact]
    public void Hostile_values_are_escaped_and_ever_new_ones_do_not_grow_without_bound()
    {
        var counter = meter.CreateCounter<long>("test.hostile");
        counter.Add(1, new KeyValuePair<string, object?>("na me", "a\"b\\c\nd"));
        for (int i = 0; i < 10_000; i++) counter.Add(1, new KeyValuePair<string, object?>("id", i));

        string text = Read();

        text.ShouldContain("test_hostile_total{na_me=\"a\\\"b\\\\c\\nd\"} 1\n");
        text.Split('\n').Count(line => line.StartsWith("test_hostile_total{", StringComparison.Ordinal)).ShouldBe(2_000);
    }

    [Fact]
    public void Recording_and_reading_again_take_next_to_no_memory()
    {
        var counter = meter.CreateCounter<long>("test.cheap");
        var histogram = meter.CreateHistogram<double>("test.cheap.duration", "s");
        var output = new ArrayBufferWriter<byte>(1 << 20);
        void Work()
        {
            counter.Add(1, new("topology", "t"), new("table", "x"));
            histogram.Record(0.2, new KeyValuePair<string, object?>("topology", "t"));
        }

        Work();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++) Work();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);

        collector.WriteTo(output);
        output.ResetWrittenCount();
        before = GC.GetAllocatedBytesForCurrentThread();
        collector.WriteTo(output);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(64 << 10);
    }

    [Fact]
    public async Task Prometheus_own_checker_finds_nothing_wrong()
    {
        meter.CreateCounter<long>("test.read", "By", "Bytes read.").Add(1, new KeyValuePair<string, object?>("what", "ä\n\"\\"));
        meter.CreateHistogram<long>("test.size", "By", "Sizes.").Record(70_000);
        string promtool = Prometheus.RequireTool("promtool");

        var (exitCode, output) = await Prometheus.CheckMetricsAsync(promtool, Read());

        exitCode.ShouldBe(0, output);
    }

    // The runtime's own metrics are beside the point here, and some have names that the checker dislikes.
    private string Read()
    {
        var output = new ArrayBufferWriter<byte>();
        collector.WriteTo(output);
        return string.Concat(Encoding.UTF8.GetString(output.WrittenSpan).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line.Replace("# HELP ", "", StringComparison.Ordinal).Replace("# TYPE ", "", StringComparison.Ordinal).StartsWith("test_", StringComparison.Ordinal))
            .Select(line => line + "\n"));
    }
}
